"""The mails on a page and as JSON."""

import html
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.mail.messages import Mail

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Mail of the sandbox</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1d2433}}
article{{border:1px solid #d6dae3;border-radius:8px;padding:.75rem 1rem;margin:1rem 0}}
h2{{font-size:1.1rem;margin:0}}small{{color:#5b6478}}pre{{white-space:pre-wrap;font:inherit;margin:.75rem 0 0}}
</style></head><body><h1>Mail</h1><p>Everything the product has sent to anybody, the newest first.</p>
{mails}</body></html>"""
ARTICLE = (
    """<article><h2>{subject}</h2><small>to {to} from {sender}, {at:%H:%M:%S} UTC</small><pre>{text}</pre></article>"""
)


class MailPage(BaseHTTPRequestHandler):
    """Answers the browser; the mails are on its server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show the mails."""
        wanted = urlsplit(self.path)
        recipient = parse_qs(wanted.query).get("to")
        mails: list[Mail] = self.mails.to(recipient[0]) if recipient else self.mails.messages
        if wanted.path == "/messages":
            self.answer("application/json", json.dumps([mail.as_json() for mail in mails]))
        elif wanted.path == "/":
            self.answer("text/html; charset=utf-8", page(mails))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_DELETE(self) -> None:
        """Forget the mails."""
        self.mails.clear()
        self.answer("application/json", "[]")

    @property
    def mails(self) -> Any:
        """The mail server that this page belongs to."""
        return self.server.mails  # type: ignore[attr-defined]

    def answer(self, content_type: str, text: str) -> None:
        """Send a whole answer; the page can load nothing and run nothing, whatever a mail holds."""
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: every look at the page would be a line."""


def page(mails: list[Mail]) -> str:
    """Write the page, newest mail first."""
    articles = [
        ARTICLE.format(
            subject=html.escape(mail.subject),
            to=html.escape(", ".join(mail.recipients)),
            sender=html.escape(mail.sender),
            at=mail.received_at,
            text=html.escape(mail.text),
        )
        for mail in reversed(mails)
    ]
    return PAGE.format(mails="\n".join(articles) or "<p>None yet.</p>")
