"""What tenant-service takes."""

from typing import Annotated

from pydantic import Field, StringConstraints

from blueprints.schemas import Body

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]


class ClientInfo(Body):
    device_name: str = Field(default="", max_length=100)
    platform: str = Field(default="", max_length=50)


class LogIn(Body):
    email: Email
    password: str = Field(min_length=1, max_length=128)
    client_info: ClientInfo = ClientInfo()


class Refresh(Body):
    refresh_token: str = Field(min_length=1, max_length=200)


class ValidateToken(Body):
    token: str | None = Field(default=None, max_length=4000)


class LogOut(Body):
    all: bool = False
