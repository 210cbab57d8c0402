"""The two ends of the mail server: SMTP for the product, HTTP for people and programs."""

import threading
from collections import deque
from http.server import ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.messages import Mail
from sandbox.mail.page import MailPage
from sandbox.processes import claim_port

KEPT = 1000
HOST = "127.0.0.1"


class MailServer:
    """A running mail server; `messages` are the last thousand mails, the newest last."""

    def __init__(self, port: int, http_port: int) -> None:
        self._kept: deque[Mail] = deque(maxlen=KEPT)
        self._refusals: deque[int] = deque()
        self._count = 0
        self._smtp = Controller(_Inbox(self), hostname=HOST, port=claim_port(port, "mail"), server_hostname="sandbox")
        self._http = ThreadingHTTPServer((HOST, claim_port(http_port, "the mail page")), MailPage)
        self._http.daemon_threads = True
        self._http.mails = self  # type: ignore[attr-defined]
        self._smtp.start()
        self._serving = threading.Thread(target=self._http.serve_forever, args=[0.05], daemon=True)
        self._serving.start()

    @property
    def smtp_url(self) -> str:
        """Where the product sends mail."""
        return f"smtp://{HOST}:{self._smtp.port}"

    @property
    def url(self) -> str:
        """The page."""
        return f"http://{HOST}:{self._http.server_port}"

    @property
    def messages(self) -> list[Mail]:
        """The mails that came, the newest last."""
        return list(self._kept)

    def to(self, address: str) -> list[Mail]:
        """Return the mails for one recipient."""
        return [mail for mail in self._kept if address.lower() in map(str.lower, mail.recipients)]

    def refuse(self, code: int, *, times: int = 1) -> None:
        """Answer the next mails with an SMTP code: 4xx means later, 5xx never."""
        self._refusals.extend([code] * times)

    def clear(self) -> None:
        """Forget every mail and every refusal to come."""
        self._kept.clear()
        self._refusals.clear()

    def stop(self) -> None:
        """Close both ports."""
        self._http.shutdown()
        self._http.server_close()
        self._serving.join()
        self._smtp.stop()

    def take(self, envelope: Envelope) -> str:
        """Keep a mail and return what SMTP answers."""
        if self._refusals:
            return f"{self._refusals.popleft()} Refused, as the test wants"
        self._count += 1
        recipients = [str(address) for address in envelope.rcpt_tos]
        self._kept.append(Mail.received(self._count, envelope.mail_from or "", recipients, _octets(envelope)))
        return f"250 OK, kept as number {self._count}"


class _Inbox:
    """What aiosmtpd calls for each mail."""

    def __init__(self, mails: MailServer) -> None:
        self.mails = mails

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Take the mail."""
        return self.mails.take(envelope)


def _octets(envelope: Envelope) -> bytes:
    content = envelope.content or b""
    return content.encode() if isinstance(content, str) else content
