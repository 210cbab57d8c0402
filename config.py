"""Settings, read once from the environment; the application refuses to start with unsafe ones."""

from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between a laptop, a test and production."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    env: Literal["development", "test", "production"] = "development"
    secret_key: SecretStr = SecretStr("")
    encryption_keys: SecretStr = SecretStr("")
    """Fernet keys, newest first, separated by commas."""

    database_url: str = "postgresql+psycopg://nmc_app@127.0.0.1:5603/nmc"
    """As the application role, which row-level security binds."""
    migration_database_url: str = ""
    """As the owner of the tables; only migrations use it."""
    redis_url: str = "redis://127.0.0.1:5604/0"
    redis_prefix: str = "nmc"
    database_pool_size: int = 10

    public_base_url: str = "http://127.0.0.1:5600"
    """The address that Twilio, customers and contractors see; signatures and links are built from it."""
    stream_url: str = ""
    """Where pages open the event stream; empty when a proxy serves it under the public address."""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_previous_auth_token: SecretStr = SecretStr("")
    """Still accepted on webhooks while a rotation is under way."""
    twilio_api_routes: str = ""
    """`host=url,host=url`: sends the official client to the sandbox carrier; empty in production."""
    twilio_timeout_seconds: float = 10.0

    webhook_secret: SecretStr = SecretStr("")
    """Signs webhooks between services; empty accepts none."""
    webhook_previous_secret: SecretStr = SecretStr("")
    """Still accepted while a rotation is under way."""

    smtp_url: str = "smtp://127.0.0.1:5605"
    mail_from: str = "alerts@nevermisscall.example"

    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
    google_revoke_url: str = "https://oauth2.googleapis.com/revoke"
    google_api_url: str = "https://www.googleapis.com/calendar/v3"
    calendar_redirect_uris: str = ""
    """Where a provider may send the contractor back to, separated by commas; empty: our own callback alone."""
    provider_connect_seconds: float = Field(default=2.0, gt=0)
    provider_total_seconds: float = Field(default=10.0, gt=0)

    llm_provider: str = "none"
    """none, openai, openai_compatible or anthropic; with any other word the rules answer alone (0018)."""
    llm_base_url: str = ""
    """Where the model is asked; empty: the provider's own address, which `openai_compatible` has not."""
    llm_model: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_output_mode: Literal["native", "tool", "prompted"] = "native"
    """How the answer's shape is asked for: by JSON schema, as a function call, or in words for weak servers."""
    llm_deadline_s: float = Field(default=6.0, gt=0, le=7)
    """Seconds for everything that one turn asks of the model; the whole turn stays under eight."""
    llm_max_tokens: int = Field(default=400, ge=100, le=4000)
    llm_daily_cap: int = Field(default=300, ge=0)
    """Questions per business and UTC day."""
    llm_for_process: bool = False
    """Whether `POST /dispatch/process` may ask the model: its requests carry no switch of the business."""

    jwt_generation: int = Field(default=1, ge=1)
    """Raise it to sign access tokens with a new key; the former one is still accepted and published."""
    stream_jwt_in_query: bool = True
    """Whether the event stream takes an access token in its address, besides tickets (interfaces.md, event stream)."""
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0, le=60)
    """How often an open stream shows that it lives and looks whether its listener may still listen."""
    stream_lifetime_seconds: float = Field(default=600.0, gt=0)

    cookie_secure: bool = False
    log_json: bool = False
    log_level: str = "INFO"

    drain_linger_seconds: float = Field(default=1.0, ge=0, le=10)
    """How long a drain stays awake after its work is done; a fork per wake-up is saved meanwhile."""
    outbox_senders: int = Field(default=8, ge=1, le=64)
    """Threads of one outbox drain that talk to the carrier at the same time."""

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if self.env != "production":
            return self
        wrong = [
            problem
            for problem, is_so in (
                ("SECRET_KEY must have at least 32 characters", len(self.secret_key.get_secret_value()) < 32),
                ("ENCRYPTION_KEYS must be set", not self.encryption_keys.get_secret_value()),
                ("PUBLIC_BASE_URL must begin with https://", not self.public_base_url.startswith("https://")),
                ("TWILIO_API_ROUTES must be empty: it sends texts to a sandbox", bool(self.twilio_api_routes)),
                ("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set", not self.twilio_auth_token.get_secret_value()),
                ("COOKIE_SECURE must be true", not self.cookie_secure),
                (
                    "GOOGLE_..._URL must begin with https://",
                    not all(url.startswith("https://") for url in self._google),
                ),
                ("LLM_BASE_URL must begin with https://, or be on this machine", not self._is_model_safe),
            )
            if is_so
        ]
        if wrong:
            raise ValueError("refusing to start in production: " + "; ".join(wrong))
        return self

    @property
    def _google(self) -> tuple[str, ...]:
        return self.google_auth_url, self.google_token_url, self.google_revoke_url, self.google_api_url

    @property
    def _is_model_safe(self) -> bool:
        """Customers' words do not travel in the clear."""
        return not self.llm_base_url or self.llm_base_url.startswith(
            ("https://", "http://127.0.0.1:", "http://localhost:")
        )

    @property
    def calendar_callbacks(self) -> tuple[str, ...]:
        """The addresses that a provider may send the contractor back to."""
        listed = tuple(one.strip() for one in self.calendar_redirect_uris.split(",") if one.strip())
        return listed or (f"{self.public_base_url.rstrip('/')}/calendar/oauth/callback",)

    def flask(self) -> dict[str, object]:
        """The part that Flask and its extensions read."""
        return {
            "SECRET_KEY": self.secret_key.get_secret_value() or "only-for-development",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_size": self.database_pool_size,
                "max_overflow": 10,
                "pool_pre_ping": False,
                "connect_args": {"connect_timeout": 5},
            },
            "SESSION_COOKIE_NAME": "nmc_session",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.cookie_secure,
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": 5 * 1024 * 1024,
            "TEMPLATES_AUTO_RELOAD": self.env == "development",
        }


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
