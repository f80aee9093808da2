"""People who are brought along from elsewhere by whoever runs the server."""

import json
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from db.models import User
from db.session import Database
from resolvers.access import SYSTEM, visible
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.identity import imports
from server.__main__ import main
from server.commands import people
from server.failures import Failure
from tests.identity.conftest import EMAIL, PASSWORD, Client, Log

HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


async def brought(client: Client, *said: dict[str, Any]) -> tuple[int, int]:
    return await imports.bring(Context(client.equipment, SYSTEM), said)


async def users(database: Database) -> dict[str, User]:
    async with database.read() as session:
        return {one.email: one for one in await session.scalars(visible(SYSTEM, User))}


async def test_whoever_is_brought_along_signs_in_with_the_password_they_had(
    client: Client, database: Database
) -> None:
    said = {"email": "Ada@EXAMPLE.org", "full_name": "Ada", "password_hash": HASH}
    assert await brought(client, said, {"email": "grace@example.org"}) == (2, 0)
    assert (await client.log_in(EMAIL)).refused == []
    stored = await users(database)
    assert (stored["Ada@example.org"].password_hash or "").startswith("$argon2id$")
    assert stored["grace@example.org"].password_hash is None
    answer = await client.another().log_in("grace@example.org")
    assert answer.refused == [("INVALID", [])]


async def test_what_is_brought_twice_is_there_once(client: Client, log: Log) -> None:
    many = [{"email": f"p{n}@example.org"} for n in range(1_200)]
    assert await brought(client, *many[:700]) == (700, 0)
    assert await brought(client, *many) == (500, 700)
    assert await brought(client, *many) == (0, 1_200)
    entries = await log.read()
    assert [one.action for one in entries] == ["userImport"] * 3
    assert entries[1].payload == {"imported": {"users": "500"}}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"email": "nobody"}, "person 2: no e-mail address"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "person 2: no e-mail"),
        ({"email": EMAIL.upper()}, "person 2: ADA@example.org was said before"),
        ({"email": "b@example.org", "password_hash": "md5"}, "no hash of bcrypt"),
        ({"email": "b@example.org", "password_hash": "$2b$31$" + "." * 53}, "effort"),
        ({"email": "b@example.org", "role": "emperor"}, "no role is called 'emperor'"),
        ({"email": "b@example.org", "tier": "pro"}, "there is no column 'tier'"),
        ({"email": "b@example.org", "full_name": 7}, "full_name is a text, not 7"),
        ({"email": "b@example.org", "email_verified": "maybe"}, "true or false"),
    ],
)
async def test_a_person_who_will_not_do_keeps_all_of_them_out(
    client: Client, database: Database, said: dict[str, Any], why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        await brought(client, {"email": EMAIL}, said)
    assert await users(database) == {}


def test_a_file_is_csv_or_json_lines(tmp_path: Path) -> None:
    csv, lines = tmp_path / "people.csv", tmp_path / "people.jsonl"
    said = [{"email": EMAIL, "full_name": "Ada, Countess"}, {"email": "b@example.org"}]
    csv.write_text(
        f'\ufeffemail,full_name\r\n{EMAIL},"Ada, Countess"\r\nb@example.org,\r\n'
    )
    lines.write_text("\n".join(json.dumps(one) for one in said))
    read = [{k: v for k, v in one.items() if v} for one in people.people(csv)]
    assert read == said == [*people.people(lines)]
    for name, text in (("x.txt", ""), ("x.jsonl", "[]"), ("x.jsonl", "{")):
        (tmp_path / name).write_text(text)
        with pytest.raises(Failure):
            list(people.people(tmp_path / name))


def test_the_command_brings_them_once_and_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELIOGRAPH_DATA", str(tmp_path / "data"))
    file = tmp_path / "people.csv"
    file.write_text("email,role\nada@example.org,viewer\n")
    assert main(["migrate", "upgrade"]) == 0
    assert main(["user", "import", str(file)]) == 0
    assert main(["user", "import", str(file)]) == 0
    said = capsys.readouterr().out
    assert "1 accounts were made; 0 were there" in said
    assert "0 accounts were made; 1 were there" in said
    file.write_text("email,role\nada,viewer\n")
    assert main(["user", "import", str(file)]) == 1
    assert "person 1: no e-mail address" in capsys.readouterr().err
