"""Envelopes: what is signed, what is not, and that XML loses nothing."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pydantic import SecretStr

from app.exchange.content import Content, English, PricePart, TechnologyPart, bare
from app.exchange.envelope import BadSignature, Envelope, Identifier, Key, Origin, Rights, digest, seal, verify
from app.exchange.keys import SigningKey, signing_key
from app.exchange.xml import NotARecord, from_xml, schema, to_xml
from app.settings import Settings, SettingsFault

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40).map(str.strip)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(Settings(data=tmp_path))


def envelope(**content: Any) -> Envelope:
    return Envelope(
        key=Key(authority="hue.example", local_id="a1"),
        kind="technology",
        origin=Origin(
            version=3,
            modified="2026-11-29T08:00:00Z",
            content_sha256="0" * 64,
            landing="https://hue.example/id/a1",
        ),
        rights=Rights(licence="CC-BY-4.0", attribution="Viện Sấy", republish="all"),
        lang="vi",
        content=Content(title="Máy sấy <500 kg> & hơn", visibility="public", **content),
        identifiers=[Identifier(scheme="vn-patent-grant", value="1-0026606")],
    )


def test_what_was_signed_holds_and_another_exchange_may_add_itself_to_via(key: SigningKey) -> None:
    sealed = seal(envelope(trl=7, price=PricePart(kind="firm", from_=1_250_000_000, currency="VND")), key)
    keys = {key.kid: key.key}
    verify(sealed, keys)
    relayed = sealed | {"via": [{"authority": "dn.example", "received": "2026-11-29T09:00:00Z"}]}
    verify(relayed, keys)
    assert Envelope.model_validate(relayed).content is not None
    assert sealed["content"]["price"] == {"kind": "firm", "from": 1_250_000_000, "currency": "VND"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("content", "title"), "Máy khác"),
        (("rights", "republish"), "none"),
        (("identifiers", 0, "value"), "1-0000001"),
        (("origin", "version"), 4),
        (("origin", "landing"), "https://evil.example/"),
        (("key", "local_id"), "a2"),
        (("lang",), "en"),
    ],
)
def test_whoever_alters_a_record_is_found_out(key: SigningKey, path: tuple[Any, ...], value: Any) -> None:
    altered = copy.deepcopy(seal(envelope(), key))
    place = altered
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadSignature):
        verify(altered, {key.kid: key.key})
    altered["origin"]["content_sha256"] = digest(altered)
    with pytest.raises(BadSignature, match="signature"):
        verify(altered, {key.kid: key.key})


def test_another_key_or_none_does_not_do(key: SigningKey, tmp_path: Path) -> None:
    other = signing_key(Settings(data=tmp_path / "other"))
    sealed = seal(envelope(), other)
    with pytest.raises(BadSignature, match="not its origin's"):
        verify(sealed, {key.kid: key.key})
    with pytest.raises(BadSignature, match="does not hold"):
        verify(sealed, {other.kid: key.key})
    with pytest.raises(BadSignature, match="not signed"):
        verify({name: value for name, value in sealed.items() if name != "jws"}, {other.kid: other.key})


def test_a_key_is_made_once_kept_to_its_owner_and_may_come_from_the_environment(tmp_path: Path) -> None:
    first, again = signing_key(Settings(data=tmp_path)), signing_key(Settings(data=tmp_path))
    assert first.kid == again.kid
    file = tmp_path / "exchange-key.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "d" not in first.public
    named = signing_key(Settings(data=tmp_path / "b", exchange_key=SecretStr(file.read_text())))
    assert named.kid == first.kid
    assert not (tmp_path / "b").exists()
    with pytest.raises(SettingsFault, match="TECHMART_EXCHANGE_KEY"):
        signing_key(Settings(data=tmp_path, exchange_key=SecretStr("-----BEGIN NONSENSE-----")))


@given(
    title=TEXT.filter(bool),
    description=TEXT,
    english=TEXT,
    keywords=st.lists(TEXT, max_size=3),
    trl=st.none() | st.integers(1, 9),
    low=st.none() | st.integers(0, 2**53 - 1),
    problem=TEXT,
    pct=st.booleans(),
)
def test_xml_loses_nothing_and_holds_to_its_schema(
    title: str,
    description: str,
    english: str,
    keywords: list[str],
    trl: int | None,
    low: int | None,
    problem: str,
    pct: bool,
) -> None:
    content = Content(
        title=title,
        description=description,
        english=English(title=english),
        keywords=keywords,
        trl=trl,
        price=PricePart(kind="floor", from_=low, currency="VND"),
        visibility="public",
        technology=TechnologyPart(problem=problem),
    )
    said = bare(envelope().model_copy(update={"content": content}).model_dump(mode="json", by_alias=True))
    if "title" not in said["content"]:
        return  # nothing was left of it that XML can carry
    written = etree.tostring(to_xml(said), encoding="UTF-8")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    read = etree.fromstring(written, parser)
    assert bare(from_xml(read)) == said
    etree.XMLSchema(etree.fromstring(schema())).assertValid(read)


@pytest.mark.parametrize(
    "text",
    [
        "<other/>",
        '<record xmlns="urn:techmart:exchange:1"><secret>1</secret></record>',
        '<record xmlns="urn:techmart:exchange:1"><lang>vi</lang><lang>en</lang></record>',
        '<record xmlns="urn:techmart:exchange:1"><origin><version>x</version></origin></record>',
        '<record xmlns="urn:techmart:exchange:1"><origin><deleted>perhaps</deleted></origin></record>',
        '<record xmlns="urn:techmart:exchange:1"><via><one/></via></record>',
        '<record xmlns="urn:techmart:exchange:1"><lang><b>vi</b></lang></record>',
    ],
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(NotARecord):
        from_xml(etree.fromstring(text))


def test_the_models_refuse_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="tombstone"):
        envelope().model_validate(
            envelope().model_dump(mode="json", by_alias=True, exclude_none=True)
            | {"origin": {"version": 1, "modified": "2026-11-29T08:00:00Z", "content_sha256": "0" * 64,
                          "landing": "https://hue.example/id/a1", "deleted": True}}
        )  # fmt: skip
    with pytest.raises(ValueError, match="authority"):
        Key(authority="1.example", local_id="a")
    with pytest.raises(ValueError, match="offset"):
        Content(title="a", visibility="public", published_at="2026-11-29T08:00:00")
