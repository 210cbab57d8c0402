"""X-Twilio-Signature, written from Twilio's description and held to its published vectors."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

Fields = Mapping[str, str | list[str]]


def signed_form(url: str, kind: str) -> str:
    """The URL that goes into the signature: no fragment, no user; https calls also lose the port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if kind == "voice" and parts.scheme == "https":
        host = re.sub(r":\d+$", "", host)
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def signature(token: str, url: str, fields: Fields) -> str:
    """HMAC-SHA1 over the URL and the sorted form fields, base64."""
    text = url + "".join(key + value for key in sorted(fields) for value in sorted(set(_values(fields[key]))))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def with_body_hash(url: str, body: bytes) -> str:
    """The URL of a JSON webhook: its body's SHA-256 is a query parameter and so part of the signature."""
    page, _, fragment = url.partition("#")
    page += ("&" if "?" in page else "?") + "bodySHA256=" + hashlib.sha256(body).hexdigest()
    return f"{page}#{fragment}" if fragment else page


def _values(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
