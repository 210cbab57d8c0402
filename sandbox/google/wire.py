"""Small things of the wire: JSON answers, the error document, times."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

STATUSES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


class Refused(Exception):
    """The API refuses a request: HTTP status, Google's reason and a sentence."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason, self.message = status, reason, message

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """Google's error document."""
        one = {"domain": "global", "reason": self.reason, "message": self.message}
        told: dict[str, Any] = {"code": self.status, "message": self.message, "errors": [one]}
        if self.status in STATUSES:
            told["status"] = STATUSES[self.status]
        return answer_json({"error": told}, self.status, headers)


def answer_json(told: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(json.dumps(told), status, headers=headers, content_type="application/json; charset=UTF-8")


def point(told: Any, zone: str) -> dict[str, str]:
    """A start or end as Google shows it: the instant in the calendar's zone, or the date as it was given."""
    if not isinstance(told, dict) or not {"date", "dateTime"} & set(told):
        raise Refused(400, "required", "Missing time.")
    if "date" in told:
        return {"date": told["date"]}
    try:
        at = datetime.fromisoformat(told["dateTime"])
    except (TypeError, ValueError) as error:
        raise Refused(400, "invalid", "Bad Request") from error
    if at.tzinfo is None:
        if "timeZone" not in told:
            raise Refused(400, "required", "Missing time zone definition.")
        at = at.replace(tzinfo=ZoneInfo(told["timeZone"]))
    return {"dateTime": at.astimezone(ZoneInfo(zone)).isoformat(), "timeZone": told.get("timeZone", zone)}


def instant(shown: dict[str, str], zone: str) -> datetime:
    """The instant that a start or end means."""
    if "date" in shown:
        return datetime.fromisoformat(shown["date"]).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return datetime.fromisoformat(shown["dateTime"]).astimezone(UTC)
