"""What the network remembers: accounts, numbers, services, messages, recordings, media."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.carrier.wire import API_HOST, API_VERSION, iso, new_sid, now, rfc2822

Json = dict[str, Any]
TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


@dataclass
class Account:
    """A Twilio account; a subaccount knows its owner."""

    sid: str
    token: str
    friendly_name: str = "sandbox"
    owner_sid: str | None = None
    status: str = "active"
    keys: dict[str, str] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)

    def to_json(self) -> Json:
        """The account as the API shows it."""
        return {
            "sid": self.sid,
            "auth_token": self.token,
            "friendly_name": self.friendly_name,
            "owner_account_sid": self.owner_sid or self.sid,
            "status": self.status,
            "type": "Full",
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.created_at),
            "subresource_uris": {},
            "uri": f"/{API_VERSION}/Accounts/{self.sid}.json",
        }


@dataclass
class Number:
    """A bought phone number and where its calls and texts go."""

    account_sid: str
    phone_number: str
    friendly_name: str = ""
    voice_url: str | None = None
    voice_method: str = "POST"
    voice_fallback_url: str | None = None
    voice_fallback_method: str = "POST"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    sms_url: str | None = None
    sms_method: str = "POST"
    sms_fallback_url: str | None = None
    sms_fallback_method: str = "POST"
    voice_caller_id_lookup: bool = False
    voice_receive_mode: str = "voice"
    voice_application_sid: str | None = None
    sms_application_sid: str | None = None
    trunk_sid: str | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None
    identity_sid: str | None = None
    emergency_status: str = "Inactive"
    emergency_address_sid: str | None = None
    registered: bool = True
    service_sid: str | None = None
    sid: str = field(default_factory=lambda: new_sid("PN"))
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def is_toll_free(self) -> bool:
        """Whether the number starts with a toll-free area code."""
        return self.phone_number.startswith(TOLL_FREE)

    def to_json(self) -> Json:
        """The number as the API shows it."""
        hidden = ("registered", "service_sid", "created_at", "updated_at")
        return {
            **{key: value for key, value in vars(self).items() if key not in hidden},
            "friendly_name": self.friendly_name or self.phone_number,
            "address_requirements": "none",
            "api_version": API_VERSION,
            "beta": False,
            "capabilities": {"mms": True, "sms": True, "voice": True, "fax": False},
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.updated_at),
            "emergency_address_status": "unregistered",
            "origin": "twilio",
            "status": "in-use",
            "uri": f"/{API_VERSION}/Accounts/{self.account_sid}/IncomingPhoneNumbers/{self.sid}.json",
        }


@dataclass
class Service:
    """A Messaging Service: a pool of senders with one inbound URL."""

    account_sid: str
    friendly_name: str = "sandbox"
    inbound_request_url: str | None = None
    inbound_method: str = "POST"
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = None
    sticky_sender: bool = True
    mms_converter: bool = True
    smart_encoding: bool = True
    scan_message_content: str = "inherit"
    fallback_to_long_code: bool = False
    area_code_geomatch: bool = False
    synchronous_validation: bool = False
    validity_period: int = 36000
    usecase: str = "undeclared"
    use_inbound_webhook_on_number: bool = False
    advanced_opt_out: bool = True
    sid: str = field(default_factory=lambda: new_sid("MG"))
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def to_json(self) -> Json:
        """The service as the API shows it."""
        hidden = ("advanced_opt_out", "created_at", "updated_at")
        url = f"https://messaging.twilio.com/v1/Services/{self.sid}"
        return {
            **{key: value for key, value in vars(self).items() if key not in hidden},
            "us_app_to_person_registered": False,
            "date_created": iso(self.created_at),
            "date_updated": iso(self.updated_at),
            "url": url,
            "links": {"phone_numbers": f"{url}/PhoneNumbers", "us_app_to_person": f"{url}/Compliance/Usa2p"},
        }


@dataclass
class Message:
    """One text, in either direction."""

    account_sid: str
    to: str
    sender: str | None
    body: str
    direction: str = "outbound-api"
    status: str = "queued"
    service_sid: str | None = None
    num_media: int = 0
    num_segments: int = 1
    callback: str | None = None
    media_urls: list[str] = field(default_factory=list)
    error_code: int | None = None
    price: str | None = None
    is_automatic: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    sid: str = ""
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    sent_at: datetime | None = None

    def __post_init__(self) -> None:
        self.sid = self.sid or new_sid("MM" if self.num_media else "SM")
        if self.status in ("received", "delivered"):
            self.sent_at = self.created_at
        self.statuses.append(self.status)

    def move(self, status: str, error_code: int | None = None) -> None:
        """Take the next status; the moment of sending is kept."""
        self.status, self.updated_at = status, now()
        self.statuses.append(status)
        self.error_code = error_code or self.error_code
        if status in ("sent", "delivered") and self.sent_at is None:
            self.sent_at = self.updated_at

    def to_json(self) -> Json:
        """The message as the API shows it."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created_at),
            "date_sent": rfc2822(self.sent_at),
            "date_updated": rfc2822(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": self.sender,
            "messaging_service_sid": self.service_sid,
            "num_media": str(self.num_media),
            "num_segments": str(self.num_segments),
            "price": self.price,
            "price_unit": "USD",
            "status": self.status,
            "to": self.to,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }


@dataclass
class Recording:
    """A voicemail and its sound."""

    account_sid: str
    call_sid: str
    seconds: int
    sound: bytes
    sid: str = field(default_factory=lambda: new_sid("RE"))
    created_at: datetime = field(default_factory=now)

    @property
    def url(self) -> str:
        """Where the API serves it; without an extension, as webhooks tell it."""
        return f"https://{API_HOST}/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.sid}"

    def to_json(self) -> Json:
        """The recording as the API shows it."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "call_sid": self.call_sid,
            "conference_sid": None,
            "api_version": API_VERSION,
            "channels": 1,
            "duration": str(self.seconds),
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.created_at),
            "start_time": rfc2822(self.created_at),
            "price": None,
            "price_unit": "USD",
            "source": "RecordVerb",
            "status": "completed",
            "error_code": None,
            "encryption_details": None,
            "media_url": self.url,
            "subresource_uris": {},
            "uri": f"/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.sid}.json",
        }


@dataclass
class Media:
    """A picture or another file that came with a text."""

    account_sid: str
    message_sid: str
    content_type: str
    content: bytes
    sid: str = field(default_factory=lambda: new_sid("ME"))
    created_at: datetime = field(default_factory=now)

    @property
    def path(self) -> str:
        """Its path on api.twilio.com, without an extension."""
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.message_sid}/Media/{self.sid}"

    def to_json(self) -> Json:
        """The file's entry as the API shows it."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "parent_sid": self.message_sid,
            "content_type": self.content_type,
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.created_at),
            "uri": f"{self.path}.json",
        }
