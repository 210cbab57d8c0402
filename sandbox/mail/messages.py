"""A mail as it came over SMTP, and as people and programs see it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser


@dataclass(frozen=True)
class Mail:
    """One mail; the sender and the recipients are those of the envelope."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: datetime

    @classmethod
    def received(cls, number: int, sender: str, recipients: list[str], raw: bytes) -> "Mail":
        """Keep a mail that came just now."""
        return cls(number, sender, tuple(recipients), raw, datetime.now(UTC))

    @property
    def message(self) -> EmailMessage:
        """The mail taken apart."""
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The plain text, or what comes nearest to it."""
        body = self.message.get_body(("plain", "html"))
        return str(body.get_content()).replace("\r\n", "\n") if body else ""

    def as_json(self) -> dict[str, object]:
        """Return what the page and the tests read."""
        headers = [(name, str(value)) for name, value in self.message.items()]
        return {
            "number": self.number,
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "text": self.text,
            "headers": headers,
            "received_at": self.received_at.isoformat(),
        }
