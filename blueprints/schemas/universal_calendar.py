"""What universal-calendar takes."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.calendars import CalendarRole
from blueprints.schemas import Body, Moment, Query, Text

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[Text, StringConstraints(max_length=4000)]
Location = Annotated[Text, StringConstraints(max_length=500)]


class StartOAuth(Body):
    provider: str = Field(min_length=1, max_length=40)
    user_id: UUID
    redirect_uri: str = Field(min_length=1, max_length=2000)
    scope_level: Literal["busy_and_own", "full"] = "busy_and_own"


class ComeBack(Query):
    state: str = Field(default="", max_length=500)
    code: str = Field(default="", max_length=2000)
    error: str = Field(default="", max_length=200)


class UseCalendar(Body):
    role: CalendarRole


class CreateEvent(Body):
    user_id: UUID
    title: Title
    start: Moment
    end: Moment
    description: Description = ""
    location: Location = ""
    appointment_id: UUID | None = None


class ChangeEvent(Body):
    title: Title | None = None
    start: Moment | None = None
    end: Moment | None = None
    description: Description | None = None
    location: Location | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were sent with a value."""
        return self.model_dump(exclude_none=True)


class Events(Query):
    user_id: UUID
    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
