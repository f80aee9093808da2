"""What is shown that was never given: tokens of another kind, names of another host."""

import base64
import json
from itertools import permutations
from typing import Any

import httpx
import jwt
import pytest
from uuid_utils.compat import uuid7

from resolvers.errors import Unauthenticated
from resolvers.identity import challenges, exports, tokens
from resolvers.identity.tokens import Form
from resolvers.keys import Keys, key_id
from server.app import create_app
from server.settings import Settings
from tests.conftest import Letterbox
from tests.identity.conftest import EMAIL, PASSWORD, Client, Log
from tests.processes import FREELY
from tests.server.clients import serving

KEYS = Keys(b"s" * 32, b"p" * 32)
FORMS = (tokens.ACCESS, challenges.FORM, exports.FORM)
EVIL = "evil.example"
FORGED = {
    "host": EVIL,
    "x-forwarded-host": EVIL,
    "x-forwarded-proto": "gopher",
    "forwarded": f"host={EVIL}",
}
EXPORT = "mutation { viewerExport { url userErrors { code } } }"
RESET = """mutation ($email: String!) {
  passwordResetRequest(input: {email: $email}) { userErrors { code } }
}"""
TRIES = (
    "login(input: $l) { userErrors { code } }",
    'loginConfirm(input: {challenge: "x", code: "1"}) { userErrors { code } }',
    'sessionConfirm(input: {password: "x"}) { userErrors { code } }',
)
"""Fields that say whether a password or a code is right."""


def said() -> dict[str, Any]:
    return {"sub": uuid7().hex, "sid": uuid7().hex, "ver": 1}


def made(form: Form) -> str:
    return tokens.signed(KEYS, form, tokens.expiry(60), said())


@pytest.mark.parametrize("form", FORMS)
def test_a_token_is_taken_as_what_it_is(form: Form) -> None:
    assert tokens.verified(KEYS, form, made(form))["ver"] == 1


@pytest.mark.parametrize(("form", "other"), [*permutations(FORMS, 2)])
def test_a_token_of_one_kind_is_none_of_another(form: Form, other: Form) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verified(KEYS, other, made(form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lie", ["typ", "kid", "aud", "all"])
def test_nor_where_it_says_that_it_is(form: Form, lie: str) -> None:
    """Each has a key of its own, so that no claim makes one kind of another."""
    for other in FORMS:
        if other is form:
            continue
        key, meant = KEYS.derived(form.purpose), KEYS.derived(other.purpose)
        claims = jwt.decode(made(form), options={"verify_signature": False})
        head = {"typ": form.kind, "kid": key_id(key)}
        if lie in {"typ", "all"}:
            head["typ"] = other.kind
        if lie in {"kid", "all"}:
            head["kid"] = key_id(meant)
        if lie in {"aud", "all"}:
            claims["aud"] = other.audience
        with pytest.raises(Unauthenticated):
            tokens.verified(KEYS, other, jwt.encode(claims, key, "HS256", head))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS512"])
def test_no_token_says_how_it_is_to_be_verified(form: Form, algorithm: str) -> None:
    head, claims, seal = made(form).split(".")
    told = json.loads(base64.urlsafe_b64decode(f"{head}=="))
    forged = json.dumps({**told, "alg": algorithm}).encode()
    spelt = base64.urlsafe_b64encode(forged).decode().rstrip("=")
    for signature in (seal, "", "AA"):
        with pytest.raises(Unauthenticated):
            tokens.verified(KEYS, form, f"{spelt}.{claims}.{signature}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "x" * 5_000, "a." * 2_000, "é.é.é", "\0", "rt_x"]
)
def test_what_is_no_token_is_refused(form: Form, text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verified(KEYS, form, text)


async def posted(client: Client, query: str, **variables: Any) -> httpx.Response:
    """An answer to whoever says that this is another host."""
    app = create_app(client.equipment, Settings(**FREELY))
    signed = {"authorization": f"Bearer {client.access}"} if client.access else {}
    body = {"query": query, "variables": variables}
    async with (
        serving(app) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http,
    ):
        return await http.post("/graphql", json=body, headers=signed | FORGED)


async def test_no_link_names_a_host_that_a_client_made_up(
    client: Client, letterbox: Letterbox
) -> None:
    await client.sign_up()
    answer = await posted(client, EXPORT)
    assert answer.json()["data"]["viewerExport"]["url"].startswith(
        f"{client.equipment.policy.public_url}/export"
    )
    assert (await posted(client, RESET, email=EMAIL)).status_code == 200
    await client.equipment.afterwards.ended(patience=20)
    assert letterbox.letters
    assert EVIL not in answer.text
    assert not [one for one in letterbox.letters if EVIL in one.text]


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("one", TRIES)
@pytest.mark.parametrize("other", TRIES)
async def test_one_document_tries_one_password_or_code(
    client: Client, log: Log, one: str, other: str, *, spread: bool
) -> None:
    await client.sign_up()
    await log.read()
    both = f"a: {one} b: {other}"
    if spread:
        parts = zip("FG", (f"a: {one}", f"b: {other}"), strict=True)
        made = (f"fragment {name} on Mutation {{ {part} }}" for name, part in parts)
        both = f"...F ...G }} {' '.join(made)} fragment H on Mutation {{ __typename"
    query = f"mutation ($l: LoginInput!) {{ {both} }}"
    answer = await posted(client, query, l={"email": EMAIL, "password": PASSWORD})
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert await log.read() == []


@pytest.mark.parametrize("field", ["role", "tier", "isAdmin", "isActive", "roleId"])
async def test_nobody_makes_themselves_more_than_they_are(
    client: Client, field: str
) -> None:
    given = {"email": EMAIL, "password": PASSWORD, field: "admin"}
    query = "mutation ($i: SignUpInput!) { signUp(input: $i) { user { id } } }"
    answer = await posted(client, query, i=given)
    assert answer.json()["errors"]
    assert not answer.json().get("data")
