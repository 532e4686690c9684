"""A change of the signing key: known before it signs, believed after it has signed, and secrets outlive it."""

from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from pydantic import SecretStr
from typer.testing import CliRunner

from app.cli import verbs
from app.errors import Conflict
from app.exchange.envelope import seal, verify
from app.exchange.keys import drop_key, next_key, own_keys, prepare_next, published_keys, signing_key, use_next
from app.settings import Settings, SettingsFault, get_settings
from tests.exchange.test_envelope import envelope


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", authority="techmart.test")


def kids(settings: Settings) -> list[str]:
    return [one["kid"] for one in published_keys(settings)]


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(house: Settings) -> None:
    first = signing_key(house)
    before, sealed = first.mac("token", b"x"), seal(envelope(), first)
    coming = prepare_next(house)
    assert kids(house) == [first.kid, coming.kid]
    assert signing_key(house).kid == first.kid
    with pytest.raises(Conflict):
        prepare_next(house)
    assert use_next(house).kid == coming.kid
    assert kids(house) == [coming.kid, first.kid]
    assert next_key(house) is None
    verify(sealed, {one["kid"]: OKPKey.import_key(one) for one in published_keys(house)})
    assert signing_key(house).mac("token", b"x") == before
    with pytest.raises(Conflict):
        use_next(house)
    files = [path for path in house.data.iterdir() if path.is_file()]
    assert [path.name for path in files] == ["exchange-key.pem"]
    assert files[0].stat().st_mode & 0o077 == 0


def test_only_a_former_key_is_forgotten(house: Settings) -> None:
    first = signing_key(house)
    prepare_next(house)
    second = use_next(house)
    for kid in (second.kid, "nobody"):
        with pytest.raises(Conflict):
            drop_key(house, kid)
    drop_key(house, first.kid)
    assert kids(house) == [second.kid]
    # What hung on the eldest ends with it.
    assert signing_key(house).mac("token", b"x") != first.mac("token", b"x")


def test_a_change_that_was_broken_off_is_finished_by_the_same_step(house: Settings) -> None:
    first, coming = signing_key(house), prepare_next(house)
    waiting = house.data / "exchange-key.next.pem"
    pem = waiting.read_bytes()
    use_next(house)
    waiting.write_bytes(pem)
    assert use_next(house).kid == coming.kid
    assert kids(house) == [coming.kid, first.kid]


def test_a_next_key_of_the_environment_counts_only_beside_the_keys_there(house: Settings) -> None:
    pem = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
    alone = house.model_copy(update={"exchange_next_key": SecretStr(pem)})
    assert next_key(alone) is None
    assert prepare_next(alone).kid == use_next(alone).kid


def test_keys_of_the_environment_are_changed_there(house: Settings) -> None:
    made = [OKPKey.generate_key("Ed25519") for _ in range(3)]
    pems = [one.as_pem(private=True).decode() for one in made]
    given = house.model_copy(
        update={"exchange_key": SecretStr(pems[0] + pems[1]), "exchange_next_key": SecretStr(pems[2])}
    )
    assert kids(given) == [one.thumbprint() for one in made]
    assert [one.eldest for one in own_keys(given)] == [own_keys(given)[1].key] * 2
    for change in (prepare_next, use_next, lambda one: drop_key(one, made[1].thumbprint())):
        with pytest.raises(Conflict):
            change(given)
    with pytest.raises(SettingsFault):
        signing_key(house.model_copy(update={"exchange_key": SecretStr("no key")}))


def test_the_terminal_goes_the_same_way(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHMART_DATA", str(house.data))
    get_settings.cache_clear()
    try:
        run, cli = CliRunner().invoke, verbs()
        assert run(cli, ["key", "show"]).output.split()[1::2] == ["signs"]
        assert run(cli, ["key", "prepare"]).exit_code == 0
        assert run(cli, ["key", "show"]).output.split()[1::2] == ["signs", "next"]
        assert run(cli, ["key", "use"]).exit_code == 0
        former = run(cli, ["key", "show"]).output.split()[2]
        assert run(cli, ["key", "drop", former], input="n\n").exit_code == 1
        assert run(cli, ["key", "drop", former, "--yes"]).exit_code == 0
        assert run(cli, ["key", "show"]).output.split()[1::2] == ["signs"]
    finally:
        get_settings.cache_clear()
