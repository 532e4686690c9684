"""What the JSON endpoints answer, as the OpenAPI document states it (openapi.py); tests hold the answers to it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.exchange.content import Instant
from app.exchange.envelope import Authority, Digest, Envelope

Cursor = Annotated[str, Field(pattern=r"^c[0-9a-f]{1,15}$", description="A place in the feed; good for ever")]
Url = Annotated[str, Field(pattern=r"^https?://")]


class Told(BaseModel):
    """Base: nothing else is answered."""

    model_config = ConfigDict(extra="forbid")


class Changes(Told):
    """A page of the feed, in the order of the changes."""

    items: list[Envelope] = Field(max_length=100)
    next_cursor: str = Field(
        description="Keep it even when there is nothing more for now", pattern=r"^c[0-9a-f]{1,15}$"
    )
    more: bool = Field(description="Whether the next page holds something already")


class Part(Told):
    """One file of a snapshot: JSON lines, packed by gzip."""

    file: str
    url: Url
    records: int = Field(ge=1)
    bytes: int = Field(ge=1)
    sha256: Digest


class Snapshot(Told):
    """Everything there is, and where the feed goes on."""

    name: str
    taken: Instant
    cursor: Cursor
    records: int = Field(ge=0)
    tombstones: int = Field(ge=0)
    parts: list[Part]
    changes: Url


class Operator(Told):
    name: str
    name_en: str
    email: str


class Discovery(Told):
    """Who this exchange is, where it gives, and on what terms."""

    authority: Authority
    name: str
    operator: Operator
    software: dict[str, str]
    endpoints: dict[str, str]
    keys: Url
    policies: dict[str, str]


class KeySet(Told):
    """Public keys (RFC 7517, RFC 8037)."""

    keys: list[dict[str, str]]


class SubscriptionTold(Told):
    """A webhook of the partner that asks."""

    id: str
    address: str
    state: Literal["active", "disabled"]
    created_at: Instant
    disabled_for: Literal["failing", "gone"] | None = None
    disabled_at: Instant | None = None


class SubscriptionMade(SubscriptionTold):
    """With its secret, which is shown now only."""

    secret: str = Field(pattern=r"^whsec_[A-Za-z0-9+/]{43}=$")


class Subscriptions(Told):
    items: list[SubscriptionTold] = Field(max_length=5)


class Attempt(Told):
    at: Instant
    status: int | None = Field(description="What the receiver answered; null when it was not reached")
    fault: str
    took_ms: int = Field(ge=0)


class Ping(Told):
    """One message to a webhook. `body` is what is sent."""

    id: str
    state: Literal["waiting", "delivered", "failed"]
    body: dict[str, Any]
    created_at: Instant
    next_attempt_at: Instant | None
    attempts: list[Attempt]


class Deliveries(Told):
    items: list[Ping] = Field(max_length=50)
    next: str = Field(description="Give it as `before` for what is older; empty at the end")


class Problem(BaseModel):
    """What went wrong (RFC 9457), in the language Accept-Language asks for."""

    type: str = Field(examples=["urn:techmart:problem:not-found"])
    title: str
    status: int
    instance: str
    detail: str | None = None
    errors: list[dict[str, str]] | None = None
