"""Which function serves which path, and what it is given."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from sandbox.carrier.records import Account
from sandbox.carrier.wire import API_HOST, API_VERSION, Refused
from sandbox.carrier.world import World

ACCOUNT = f"/{API_VERSION}/Accounts/{{account}}"
MESSAGING, LOOKUPS, TRUSTHUB, EVENTS = (f"{name}.twilio.com" for name in ("messaging", "lookups", "trusthub", "events"))
Answer = tuple[int, Any]


@dataclass
class Request:
    """A REST request: `account` is whom it is about, `credentials_of` who signed it."""

    world: World
    method: str
    host: str
    path: str
    query: MultiDict[str, str]
    form: MultiDict[str, str]
    account: Account
    headers: dict[str, str] = field(default_factory=dict)
    afterwards: list[Callable[[], object]] = field(default_factory=list)

    def field(self, name: str) -> str | None:
        """A form field; the empty string counts as given."""
        return self.form.get(name)

    def need(self, name: str, code: int) -> str:
        """A form field that must be there, else refused with the code."""
        value = self.form.get(name)
        if not value:
            raise Refused(400, code)
        return value

    def later(self, job: Callable[[], object]) -> None:
        """Do this once the answer has gone out."""
        self.afterwards.append(job)


Handler = Callable[..., Answer]
_ROUTES: dict[tuple[str, str], list[tuple[re.Pattern[str], Handler]]] = {}


def route(method: str, path: str, host: str = API_HOST) -> Callable[[Handler], Handler]:
    """Register a function for a path template; its names become arguments (except `account`)."""
    pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + "$")

    def register(handler: Handler) -> Handler:
        _ROUTES.setdefault((host, method), []).append((pattern, handler))
        return handler

    return register


def find(method: str, host: str, path: str) -> tuple[Handler, dict[str, str]]:
    """The function for a request and the names in its path; refused with 20404."""
    for pattern, handler in _ROUTES.get((host, method), ()):
        match = pattern.match(path)
        if match:
            return handler, match.groupdict()
    raise Refused(404, 20404, f"The requested resource {path} was not found")


def pages(request: Request, key: str, items: list[Any]) -> Answer:
    """One page of a list of api.twilio.com; links are relative."""
    page, size, part = _slice(request, items)
    here = {name: value for name, value in request.query.items() if name not in ("Page", "PageSize", "PageToken")}

    def link(number: int) -> str:
        return f"{request.path}?{urlencode({**here, 'PageSize': size, 'Page': number})}"

    more = (page + 1) * size < len(items)
    return 200, {
        key: [item.to_json() for item in part],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(part) - 1),
        "first_page_uri": link(0),
        "next_page_uri": link(page + 1) if more else None,
        "previous_page_uri": link(page - 1) if page else None,
        "uri": link(page),
    }


def meta_pages(request: Request, key: str, items: list[Any]) -> Answer:
    """One page of a list of the other hosts; links are absolute and name the real host."""
    page, size, part = _slice(request, items)

    def link(number: int) -> str:
        return f"https://{request.host}{request.path}?{urlencode({'PageSize': size, 'Page': number})}"

    more = (page + 1) * size < len(items)
    return 200, {
        key: [item if isinstance(item, dict) else item.to_json() for item in part],
        "meta": {
            "key": key,
            "page": page,
            "page_size": size,
            "first_page_url": link(0),
            "next_page_url": link(page + 1) if more else None,
            "previous_page_url": link(page - 1) if page else None,
            "url": link(page),
        },
    }


def _slice(request: Request, items: list[Any]) -> tuple[int, int, list[Any]]:
    page = int(request.query.get("Page", "0") or 0)
    size = min(1000, int(request.query.get("PageSize", "50") or 50))
    return page, size, items[page * size : (page + 1) * size]
