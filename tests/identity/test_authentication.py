"""Tokens that are good, those that are not, and those that were."""

import asyncio
import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from db.base import utcnow
from db.models import Session, User
from resolvers.access import Actor, BaseRole
from resolvers.context import Context
from resolvers.errors import Unauthenticated
from resolvers.identity import tokens
from resolvers.identity.accounts import ROLES
from resolvers.keys import Keys, key_id
from resolvers.writes import Origin
from schema import schema
from server import authentication
from server.calls import Calls
from server.endpoint import Endpoint
from server.principals import STRANGER, Principal
from tests.identity.conftest import EMAIL, LOGOUT, VIEWER, Change, Client
from tests.server.clients import serving, talking

KEYS = Keys(b"s" * 32, b"p" * 32)
KEY = KEYS.derived(tokens.ACCESS.purpose)
HEAD = {"typ": "at+jwt", "kid": key_id(KEY)}
NOW = int(utcnow().timestamp())
SAID = {
    "iss": "heliograph",
    "aud": "heliograph",
    "sub": uuid4().hex,
    "sid": uuid4().hex,
    "jti": uuid4().hex,
    "iat": NOW,
    "exp": NOW + 600,
    "ver": 1,
}


def signed(said: Any, head: Any = HEAD, key: bytes = KEY) -> str:
    return jwt.encode(said, key, "HS256", head)


def raw(head: Any, said: Any, digest: str | None = None) -> str:
    """A token with this header, signed with our key by any digest, or by none."""
    text = ".".join(_encoded(json.dumps(one).encode()) for one in (head, said))
    seal = hmac.digest(KEY, text.encode(), digest) if digest else b""
    return f"{text}.{_encoded(seal)}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in SAID.items() if key != name}


def test_a_token_says_what_it_was_given() -> None:
    ends = datetime.fromtimestamp(NOW + 600, UTC)
    claims = tokens.Claims(uuid4(), uuid4(), 7, ends)
    assert tokens.read(KEYS, tokens.access(KEYS, claims)) == claims
    assert tokens.read(KEYS, signed(SAID)).expires_at == ends


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        "a.b",
        "..",
        signed(SAID) + ".x",
        signed(SAID)[:-2],
        signed(SAID) + "\0",
        signed(SAID, key=b"another key of thirty-two bytes!"),
        raw({**HEAD, "alg": "HS512"}, SAID, "sha512"),
        raw({**HEAD, "alg": "HS512"}, SAID, "sha256"),
        signed(SAID, {"typ": "JWT", "kid": HEAD["kid"]}),
        signed(SAID, {"typ": "at+jwt"}),
        signed(SAID, HEAD | {"kid": "0" * 16}),
        signed(SAID, HEAD | {"kid": "../../secret"}),
        signed(SAID, HEAD | {"kid": "x" * 33}),
        raw({**HEAD, "alg": "none"}, SAID),
        raw({**HEAD, "alg": "None"}, SAID),
        raw({**HEAD, "alg": "HS256"}, SAID),
        raw({**HEAD, "alg": "HS256", "kid": 7}, SAID, "sha256"),
        raw({**HEAD, "alg": "HS256", "kid": ["x"]}, SAID, "sha256"),
        raw({**HEAD, "alg": ["HS256"]}, SAID, "sha256"),
        raw({**HEAD, "alg": "HS256", "crit": ["ours"]}, SAID, "sha256"),
        raw([], SAID),
        *(signed(without(name)) for name in SAID),
        signed(SAID | {"exp": str(NOW + 600)}),
        signed(SAID | {"exp": NOW + 600.5}),
        signed(SAID | {"exp": True}),
        signed(SAID | {"exp": 10**30}),
        signed(SAID | {"exp": NOW - 31}),
        signed(SAID | {"iat": NOW + 3600}),
        signed(SAID | {"iat": "now"}),
        signed(SAID | {"ver": "1"}),
        signed(SAID | {"iss": "somebody"}),
        signed(SAID | {"aud": "somebody"}),
        signed(SAID | {"sub": "nobody"}),
        signed(SAID | {"sid": "none"}),
        signed(SAID | {"fill": "x" * 4096}),
    ],
)
def test_any_other_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(KEYS, text)


@given(st.text())
def test_no_text_is_a_token_by_accident(text: str) -> None:
    for one in (text, f"{text}.{text}.{text}"):
        with pytest.raises(Unauthenticated):
            tokens.read(KEYS, one)


def test_clocks_may_differ_by_half_a_minute() -> None:
    now = int(utcnow().timestamp())
    assert tokens.read(KEYS, signed(SAID | {"exp": now - 20, "iat": now + 20}))


def test_tokens_outlive_a_change_of_the_secret_by_one() -> None:
    text = signed(SAID)
    assert tokens.read(Keys(b"t" * 32, b"p" * 32, b"s" * 32), text)
    with pytest.raises(Unauthenticated):
        tokens.read(Keys(b"t" * 32, b"p" * 32), text)


@pytest.fixture
async def ada(client: Client) -> Client:
    await client.sign_up()
    return client


async def who(client: Client) -> Principal:
    return await client.authentication.authenticate(f"Bearer {client.access}")


async def test_a_token_speaks_for_its_owner(ada: Client) -> None:
    principal = await who(ada)
    assert principal.actor.role is BaseRole.USER
    assert principal.session_id
    assert principal.expires_at
    assert (
        timedelta(minutes=9) < principal.expires_at - utcnow() <= timedelta(minutes=10)
    )
    assert await ada.authentication.authenticate(None) == STRANGER
    assert await ada.authentication.authenticate(f"bearer {ada.access}") == principal


async def test_spaces_around_a_token_take_no_room_for_good(ada: Client) -> None:
    principal = await who(ada)
    wide = f"Bearer {' ' * 60_000}{ada.access}"
    assert await ada.authentication.authenticate(wide) == principal
    assert ada.authentication.at_once(wide) is None
    assert ada.authentication.at_once(f"Bearer {ada.access}") == principal


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer", "Bearer: "])
async def test_an_authorization_is_a_bearer_token(ada: Client, scheme: str) -> None:
    with pytest.raises(Unauthenticated):
        await ada.authentication.authenticate(f"{scheme}{ada.access}")


async def test_a_token_that_is_read_again_costs_no_statement(
    ada: Client, statements: list[str]
) -> None:
    statements.clear()
    for _ in range(10):
        await who(ada)
    assert len(statements) <= 1


CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "deactivated": (User, {"is_active": False}),
    "tokens revoked": (User, {"token_version": 2}),
    "session revoked": (Session, {"revoked_at": utcnow()}),
    "session over": (Session, {"expires_at": utcnow()}),
}


@pytest.mark.parametrize("change_to", CHANGES)
async def test_what_another_process_revokes_is_over_within_five_seconds(
    ada: Client,
    change: Change,
    change_to: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert authentication.FRESH < 5
    monkeypatch.setattr(authentication, "FRESH", 0.1)
    principal = await who(ada)
    watched = asyncio.ensure_future(ada.authentication.revoked(principal))
    await asyncio.sleep(0.2)
    assert not watched.done()

    model, columns = CHANGES[change_to]
    await change(model, **columns)

    async with asyncio.timeout(5):
        await watched
    with pytest.raises(Unauthenticated):
        await who(ada)


async def test_a_changed_role_counts_from_the_next_request(
    ada: Client, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "FRESH", 0.0)
    await change(User, role_id=ROLES[BaseRole.VIEWER])
    assert (await who(ada)).actor.role is BaseRole.VIEWER


async def test_strangers_are_never_revoked(ada: Client) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ada.authentication.revoked(STRANGER)


async def test_a_socket_of_a_session_that_ends_is_closed_at_once(ada: Client) -> None:
    def context(actor: Actor, origin: Origin) -> Context:
        return Context(ada.equipment, actor, origin)

    gate = ada.authentication
    endpoint = Endpoint(
        schema=schema,
        context=context,
        authenticate=gate.authenticate,
        calls=Calls(Context(ada.equipment)),
        revoked=gate.revoked,
    )
    route = WebSocketRoute("/graphql", endpoint)
    async with serving(Starlette(routes=[route])) as address, talking(address) as talk:
        await talk.init(authorization=f"Bearer {ada.access}")
        await talk.subscribe(VIEWER)
        heard = await talk.hear()
        assert heard["payload"]["data"] == {"viewer": {"email": EMAIL}}
        await ada.ask(LOGOUT)
        code, _ = await talk.closed()
    assert code == 4403
