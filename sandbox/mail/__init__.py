"""A mail server that delivers to nobody: it keeps what it was given and shows it on a page.

    mail = start()                                  # ports 0: any free ones
    mail.smtp_url, mail.url                         # for the product; for a browser
    mail.messages[-1].subject, mail.to("a@b.example")
    mail.refuse(451, times=2)                       # the next two mails, for now; 550 would be for good
    mail.stop()

Over HTTP: `GET /` is a page, `GET /messages` the same as JSON (`?to=` picks a recipient),
`DELETE /messages` empties it.
On its own: `python -m sandbox.mail`.
"""

from sandbox.mail.messages import Mail
from sandbox.mail.server import MailServer

__all__ = ["Mail", "MailServer", "start"]


def start(port: int = 0, http_port: int = 0) -> MailServer:
    """Take mail on a loopback port and show it on another."""
    return MailServer(port, http_port)
