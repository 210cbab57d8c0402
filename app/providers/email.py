"""Mail over SMTP, with a time limit; what a server says for good is told apart from what it says for now."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask, current_app

from config import Settings

TIMEOUT_SECONDS = 10
PERMANENT = 500
NO_SUCH_ADDRESS = (550, 551, 553)


class MailError(Exception):
    """The server did not take it; `is_permanent` when it never will, `is_bounce` when nobody has that address."""

    def __init__(self, message: str, *, is_permanent: bool, is_bounce: bool = False) -> None:
        super().__init__(message)
        self.is_permanent, self.is_bounce = is_permanent, is_bounce


def init_app(app: Flask, settings: Settings) -> None:
    """Remember where mail goes."""
    app.extensions["mail"] = (settings.smtp_url, settings.mail_from)


def send(*, to: str, subject: str, body: str, key: str) -> str:
    """Hand one plain-text mail to the server and return its Message-ID; raises MailError.

    The same `key` makes the same Message-ID, so that a mail sent twice after a crash is one mail to most readers.
    """
    url, sender = current_app.extensions["mail"]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, " ".join(subject.split())
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>" if key else make_msgid()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    try:
        _deliver(url, message)
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        told = {"is_permanent": code >= PERMANENT, "is_bounce": code in NO_SUCH_ADDRESS}
        raise MailError(f"{code} {error.smtp_error!r}", **told) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        told = {"is_permanent": min(codes) >= PERMANENT, "is_bounce": min(codes) in NO_SUCH_ADDRESS}
        raise MailError("the address was refused", **told) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(type(error).__name__, is_permanent=False) from error
    return str(message["Message-ID"])


def _deliver(url: str, message: EmailMessage) -> None:
    server = urlsplit(url)
    with _connect(server) as connection:
        if server.username:
            if server.scheme != "smtps":
                connection.starttls(context=ssl.create_default_context())
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


def _connect(server: SplitResult) -> smtplib.SMTP:
    """A connection whose certificate is checked wherever there is one."""
    host, port = server.hostname or "127.0.0.1", server.port or 25
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
