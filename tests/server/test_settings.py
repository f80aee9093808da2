"""Settings and secrets: typed, explained, and refused when they will not do."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from resolvers.policy import Policy
from server import keyring, settings
from server.failures import Failure
from server.keys import strength
from server.settings import Settings, variable

MANUAL = Path(__file__).parents[2] / "docs" / "settings.md"
GOOD = "kT9w!mZ4q_XvB7nL2rJ8sD5fG1hY6cP3"


def row(name: str) -> str:
    """A setting's line in the manual."""
    field = Settings.model_fields[name]
    usual = "" if field.default in {None, ""} else field.default
    if usual == frozenset():
        usual = ""
    said = f"`{usual}`" if usual != "" else ""
    return f"| `{variable(name)}` | {said} | {field.description} |"


def test_every_setting_is_in_the_manual_with_its_default() -> None:
    written = MANUAL.read_text("utf-8").splitlines()
    missing = [row(name) for name in Settings.model_fields if row(name) not in written]
    assert not missing, "\n".join(missing)


def test_the_manual_has_no_setting_that_does_not_exist() -> None:
    known = {variable(name) for name in Settings.model_fields}
    lines = MANUAL.read_text("utf-8").splitlines()
    named = {line.split("`")[1] for line in lines if line.startswith("| `")}
    assert named == known


def test_every_limit_of_the_policy_is_a_setting() -> None:
    assert {field.name for field in fields(Policy)} <= set(Settings.model_fields)
    assert Settings().policy == Policy()
    assert Settings(password_minimum=20).policy.password_minimum == 20


def test_a_setting_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HELIOGRAPH_PROT", "80")
    with pytest.raises(Failure, match="HELIOGRAPH_PROT; did you mean HELIOGRAPH_PORT"):
        settings.read()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HELIOGRAPH_PORT", "many", "HELIOGRAPH_PORT 'many' will not do"),
        ("HELIOGRAPH_PORT", "65536", "HELIOGRAPH_PORT '65536' will not do"),
        ("HELIOGRAPH_PROCESSES", "0", "HELIOGRAPH_PROCESSES '0' will not do"),
        ("HELIOGRAPH_SERVER", "nginx", "input should be 'uvicorn' or 'granian'"),
        ("HELIOGRAPH_LOG_FORMAT", "xml", "input should be 'json' or 'text'"),
        ("HELIOGRAPH_DATABASE_URL", "mysql://u:hush@h", "it begins with postgresql"),
        ("HELIOGRAPH_DATABASE_URL", "sqlite:///:memory:", "it names a file"),
        ("HELIOGRAPH_PASSWORD_MINIMUM", "3", "greater than or equal to 8"),
    ],
)
def test_a_value_that_will_not_do_is_refused_with_a_sentence(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Failure, match=said) as told:
        settings.read()
    assert "hush" not in str(told.value)


def test_an_empty_variable_is_a_setting_that_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HELIOGRAPH_REDIS_URL", "")
    assert settings.read().redis_url is None


def test_what_is_given_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HELIOGRAPH_PORT", "1234")
    monkeypatch.setenv("HELIOGRAPH_ALLOWED_ORIGINS", "https://a.example, https://b.ex")
    chosen = settings.read(port=4321)
    assert chosen.port == 4321
    assert chosen.allowed_origins == {"https://a.example", "https://b.ex"}


@pytest.mark.parametrize(
    ("plain", "driven"),
    [
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("sqlite:////data/x.db", "sqlite+aiosqlite:////data/x.db"),
    ],
)
def test_a_plain_database_url_is_given_our_driver(plain: str, driven: str) -> None:
    assert settings.driven(plain) == driven
    assert settings.driven(driven) == driven


def test_settings_are_shown_without_their_secrets() -> None:
    url, key = "postgresql://u:hush@h/d", SecretStr("hush")
    assert "hush" not in repr(Settings(database_url=url, secret=key, pepper=key))


def test_secrets_are_made_once_and_kept_for_their_owner(tmp_path: Path) -> None:
    chosen = Settings(data=tmp_path / "new")
    keys = keyring.keys(chosen)
    file = tmp_path / "new" / keyring.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (keys.secret, keys.pepper) != (keys.pepper, keys.secret)
    assert keyring.keys(chosen) == keys
    assert [path.name for path in file.parent.iterdir()] == [keyring.FILE]


def test_of_many_who_make_secrets_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda _: keyring.keys(Settings(data=tmp_path)), range(32))
        assert len({keys.secret for keys in made}) == 1


def test_secrets_that_others_can_read_are_refused(tmp_path: Path) -> None:
    keyring.keys(Settings(data=tmp_path))
    (tmp_path / keyring.FILE).chmod(0o640)
    with pytest.raises(Failure, match="mode 0640, so others can read it"):
        keyring.keys(Settings(data=tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({"secret": GOOD})])
def test_a_damaged_file_of_secrets_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / keyring.FILE
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(Failure, match=r"secrets\.json"):
        keyring.keys(Settings(data=tmp_path))


def test_given_secrets_need_no_file(tmp_path: Path) -> None:
    secret = SecretStr(GOOD)
    given = Settings(data=tmp_path, secret=secret, pepper=secret, secret_former=secret)
    keys = keyring.keys(given)
    assert keys.secret == keys.pepper == keys.former == GOOD.encode()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("short", "fewer than 32 bytes"),
        ("a" * 40, "repeats itself"),
        ("0123456789abcdef" * 4, "repeats itself"),
        ("changeme-changeit-please-now-1234567", "'change'"),
        ("MySuperSecretValueForTheServer-0001", "'secret'"),
    ],
)
def test_a_weak_secret_is_refused_by_name_and_never_shown(weak: str, why: str) -> None:
    with pytest.raises(Failure, match=f"HELIOGRAPH_SECRET is weak: .*{why}") as told:
        keyring.keys(Settings(secret=SecretStr(weak), pepper=SecretStr(GOOD)))
    assert weak not in str(told.value)


@given(st.binary(min_size=32, max_size=32))
def test_a_random_secret_in_hex_is_strong_enough(raw: bytes) -> None:
    if len(set(raw.hex())) >= strength.VARIED and raw[:16] != raw[16:]:
        assert strength.sturdy("it", raw.hex()) == raw.hex().encode()
