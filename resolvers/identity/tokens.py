"""Tokens: a signed one that is good for minutes, and a secret one to renew it with."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from uuid_utils.compat import uuid7

from db.base import utcnow
from resolvers.errors import Unauthenticated
from resolvers.keys import Keys, key_id

REFRESH = "refresh token"
ROTATION = "refresh token rotation"
"""What keys are made for."""
PARTY = "heliograph"
"""Who signs the tokens, and whom they are for."""
ALGORITHM = "HS256"
LEEWAY = 30
"""Seconds by which clocks may differ."""
LARGEST = 4096
"""Characters of a signed token."""
JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
INVALID = "this token is not valid, or no longer"
OVER = "this refresh token is not valid, or no longer"
SHOWN = re.compile(r"rt_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of signed token. Whoever takes one kind takes no other."""

    purpose: str
    """What its key is made for."""
    kind: str
    """Its `typ`."""
    audience: str
    texts: Sequence[str]
    """Claims that are texts, and all there."""
    numbers: Sequence[str] = ("iat", "exp", "ver")
    """Claims that are whole numbers, and all there."""


ACCESS = Form("access token", "at+jwt", PARTY, ("iss", "aud", "sub", "sid", "jti"))


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    version: int
    """Of the user's tokens: all that say another have been revoked."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Refresh:
    """A refresh token, and what is kept of it."""

    text: str
    hash: str


def access(keys: Keys, claims: Claims) -> str:
    """A signed token that makes these claims."""
    said = {
        "sub": claims.user_id.hex,
        "sid": claims.session_id.hex,
        "ver": claims.version,
    }
    return signed(keys, ACCESS, claims.expires_at, said)


def signed(keys: Keys, form: Form, ends: datetime, said: Mapping[str, Any]) -> str:
    """A token of some form that says this, until then."""
    key = keys.derived(form.purpose)
    usual = {
        "iss": PARTY,
        "aud": form.audience,
        "jti": uuid7().hex,
        "iat": int(utcnow().timestamp()),
        "exp": int(ends.timestamp()),
    }
    head = {"typ": form.kind, "kid": key_id(key)}
    return jwt.encode(usual | dict(said), key, ALGORITHM, head)


def expiry(lifetime: float) -> datetime:
    """When a token of this moment ends, in whole seconds as tokens say it."""
    return utcnow().replace(microsecond=0) + timedelta(seconds=lifetime)


def read(keys: Keys, text: str) -> Claims:
    """What an access token of ours claims. Raises Unauthenticated for any other."""
    said = verified(keys, ACCESS, text)
    try:
        user_id, session_id = UUID(said["sub"]), UUID(said["sid"])
        ends = datetime.fromtimestamp(said["exp"], UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unauthenticated(INVALID) from error
    return Claims(user_id, session_id, said["ver"], ends)


def verified(keys: Keys, form: Form, text: str) -> dict[str, Any]:
    """What a token of ours and of this form says. Raises Unauthenticated."""
    try:
        return _decoded(keys, form, text)
    except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
        raise Unauthenticated(INVALID) from error


def _decoded(keys: Keys, form: Form, text: str) -> dict[str, Any]:
    """The claims of a token. A key verifies by one algorithm, whatever a token says."""
    if len(text) > LARGEST or not JWS.fullmatch(text):
        raise jwt.InvalidTokenError("no token")
    header = jwt.get_unverified_header(text)
    kid = header.get("kid")
    if header.get("typ") != form.kind or not (
        isinstance(kid, str) and KEY_ID.fullmatch(kid)
    ):
        raise jwt.InvalidTokenError(f"no {form.purpose}")
    if (key := keys.verifying(form.purpose).get(kid)) is None:
        raise jwt.InvalidTokenError("no key has this id")
    said: dict[str, Any] = jwt.decode(
        text,
        key,
        [ALGORITHM],
        options={"require": [*form.texts, *form.numbers]},
        audience=form.audience,
        issuer=PARTY,
        leeway=LEEWAY,
    )
    if any(type(said[name]) is not int for name in form.numbers):
        raise jwt.InvalidTokenError("a time is a whole number")
    if any(type(said[name]) is not str for name in form.texts):
        raise jwt.InvalidTokenError("an id is a text")
    return said


def fresh(keys: Keys) -> Refresh:
    """A refresh token that nobody can guess."""
    return _kept(keys, secrets.token_bytes(32))


def successor(keys: Keys, parent: str) -> Refresh:
    """What follows a refresh token: the same, however often it is asked for."""
    key = keys.derived(ROTATION)
    return _kept(keys, hmac.new(key, parent.encode(), hashlib.sha256).digest())


def hashes(keys: Keys, text: str) -> list[str]:
    """What may be kept of a refresh token that is shown.

    Raises Unauthenticated for what cannot be one.
    """
    if not SHOWN.fullmatch(text):
        raise Unauthenticated(OVER)
    return keys.fingerprints(REFRESH, text)


def _kept(keys: Keys, secret: bytes) -> Refresh:
    text = f"rt_{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"
    return Refresh(text, keys.fingerprint(REFRESH, text))
