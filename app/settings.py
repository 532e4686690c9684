"""Every setting, read from the environment (prefix TECHMART_) and validated at start."""

import functools
import hashlib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.matching_weights import WEIGHTS, Weights

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The settings of one installation. Field names upper-cased behind TECHMART_ are the variables' names."""

    model_config = SettingsConfigDict(
        env_prefix="TECHMART_", extra="ignore", frozen=True, env_nested_delimiter="_", env_nested_max_split=1
    )

    environment: Literal["development", "production"] = "development"
    demo: bool = False
    data: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    processes: int = Field(default=1, ge=1, le=64)
    public_url: str = ""
    authority: str = "techmart.localhost"
    trusted_proxies: str = ""

    site_name: str = "Techmart"
    operator_name: str = "Trung tâm Thông tin và Thống kê Khoa học và Công nghệ"
    operator_name_en: str = "Centre for Science and Technology Information and Statistics"
    operator_address: str = ""
    operator_email: str = "lienhe@techmart.example"
    operator_phone: str = ""
    regulation_version: str = "2026-11"
    privacy_version: str = "2026-11"

    database_url: SecretStr | None = None
    database_pool: int = Field(default=10, ge=2, le=100)
    statement_timeout_ms: int = Field(default=15_000, ge=100)

    admission_queue: int = Field(default=400, ge=0)
    admission_wait_s: float = Field(default=10.0, gt=0)
    rate_limits: Literal["on", "off"] = "on"

    search_engine: Literal["embedded", "meilisearch"] = "embedded"
    meilisearch_url: str = ""
    meilisearch_key: SecretStr | None = None
    meilisearch_search_key: SecretStr | None = None
    meilisearch_prefix: str = Field(default="techmart", pattern=r"^[a-z0-9_]{1,40}$")
    meilisearch_timeout_ms: int = Field(default=2_000, ge=100, le=60_000)

    embedder: Literal["none", "rest", "ollama", "openai"] = "none"
    embedder_url: str = ""
    embedder_model: str = ""
    embedder_key: SecretStr | None = None
    embedder_dimensions: int = Field(default=0, ge=0, le=8_192)
    embedder_timeout_ms: int = Field(default=10_000, ge=100, le=120_000)

    matching: Weights = WEIGHTS

    mail_url: SecretStr | None = None
    mail_from: str = "Techmart <khong-tra-loi@techmart.localhost>"

    mail_reply_domain: str = ""
    mail_reply_secret: SecretStr | None = Field(default=None, min_length=32)

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    confirm_after_days: int = Field(default=90, ge=1)
    stale_after_days: int = Field(default=30, ge=1)
    archive_after_days: int = Field(default=180, ge=1)

    remind_after_working_days: int = Field(default=2, ge=1, le=30)
    escalate_after_working_days: int = Field(default=5, ge=1, le=60)
    holidays: Path | None = None
    legal_rules: Path | None = None

    upload_limit_mib: int = Field(default=20, ge=1, le=500)

    stripe_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api: str = ""
    stripe_fee_basis_points: int = Field(default=0, ge=0, le=2_000)
    stripe_largest: int = Field(default=99_999_999, ge=1)
    stripe_billing: Literal["off", "on"] = "off"
    stripe_price_membership: str = ""
    stripe_price_promotion: str = ""

    exchange_key: SecretStr | None = None
    exchange_next_key: SecretStr | None = None
    exchange_licence: str = "CC-BY-4.0"
    # Whether what was taken from partners is given on, where its origin allows that.
    exchange_relays: bool = False
    # Which addresses of partners are asked; "loopback" lets tests ask this machine too.
    outgoing: Literal["public", "loopback"] = "public"
    # The keys that partners gave us, by authority: what we show them when we ask.
    partner_keys: dict[str, SecretStr] = Field(default_factory=dict)

    @field_validator("authority")
    @classmethod
    def _authority_is_a_dns_name(cls, value: str) -> str:
        labels = value.lower().split(".")
        if any(len(label) < 2 or not label[0].isalpha() for label in labels):
            raise ValueError("each label must start with a letter and have two characters or more")
        return value.lower()

    @field_validator("meilisearch_url", "embedder_url", "stripe_api")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("an address like http://127.0.0.1:7700 is wanted")
        if parts.username or parts.password:
            raise ValueError("the key belongs into a variable of its own, not into the address")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _what_belongs_together(self) -> "Settings":
        if self.outgoing == "loopback" and self.environment == "production":
            raise ValueError("TECHMART_OUTGOING=loopback is for tests: partners could make us ask our own machine")
        if self.search_engine == "meilisearch":
            if not self.meilisearch_url:
                raise ValueError("TECHMART_SEARCH_ENGINE=meilisearch needs TECHMART_MEILISEARCH_URL")
            if self.environment == "production" and not (self.meilisearch_key or self.meilisearch_search_key):
                raise ValueError(
                    "a Meilisearch server without a key is open to everybody: set TECHMART_MEILISEARCH_KEY"
                )
        if self.stripe_key is not None and not self.stripe_webhook_secrets:
            raise ValueError("TECHMART_STRIPE_KEY needs TECHMART_STRIPE_WEBHOOK_SECRET: payments are told by webhooks")
        if self.stripe_billing == "on":
            if self.stripe_key is None:
                raise ValueError("TECHMART_STRIPE_BILLING=on needs TECHMART_STRIPE_KEY")
            if not (self.stripe_price_membership or self.stripe_price_promotion):
                raise ValueError("TECHMART_STRIPE_BILLING=on needs TECHMART_STRIPE_PRICE_MEMBERSHIP or _PROMOTION")
        at = urlsplit(self.stripe_api)
        if self.stripe_api and at.scheme != "https" and at.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError("TECHMART_STRIPE_API must be https: the key travels with every call")
        if self.embedder != "none":
            if self.search_engine != "meilisearch":
                raise ValueError("TECHMART_EMBEDDER works with TECHMART_SEARCH_ENGINE=meilisearch only")
            if not self.embedder_url or not self.embedder_dimensions:
                raise ValueError("TECHMART_EMBEDDER needs TECHMART_EMBEDDER_URL and TECHMART_EMBEDDER_DIMENSIONS")
            if self.embedder in {"ollama", "openai"} and not self.embedder_model:
                raise ValueError(f"TECHMART_EMBEDDER={self.embedder} needs TECHMART_EMBEDDER_MODEL")
        return self

    @property
    def base_url(self) -> str:
        """The address people reach this installation at, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @functools.cached_property
    def mark(self) -> str:
        """A short name of all that is set: part of every page's ETag, so that a switched setting shows at once."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    @property
    def mail_replies(self) -> bool:
        """Whether answers by e-mail come back: letters about requests then carry a reply address of their own."""
        return bool(self.mail_reply_domain) and self.mail_reply_secret is not None

    @property
    def billing(self) -> bool:
        """Whether the operator charges fees of its own, through Stripe Billing."""
        return self.stripe_billing == "on"

    @property
    def stripe_webhook_secrets(self) -> tuple[str, ...]:
        """The signing secrets of our endpoints at Stripe, commas between them in the setting."""
        given = self.stripe_webhook_secret.get_secret_value() if self.stripe_webhook_secret is not None else ""
        return tuple(part.strip() for part in given.split(",") if part.strip())

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def exchange_key_file(self) -> Path | None:
        """Where the signing key is kept; None where the environment gives it."""
        return self.data.resolve() / "exchange-key.pem" if self.exchange_key is None else None

    @property
    def files_folder(self) -> Path:
        return self.data / "files"

    @property
    def search_folder(self) -> Path:
        return self.data / "search"

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"


class SettingsFault(Exception):
    """The environment holds a setting that cannot be used; the message names each."""


def read_settings() -> Settings:
    """Read the environment afresh.

    Raises:
        SettingsFault: one line per wrong variable, with what was wrong.
    """
    try:
        return Settings()
    except ValidationError as fault:
        lines = [
            f"TECHMART_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}" if e["loc"] else e["msg"]
            for e in fault.errors()
        ]
        raise SettingsFault("\n".join(lines)) from None


@functools.cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return read_settings()
