"""Letters as people read them."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from resolvers.mail import Letter
from tests.identity.conftest import Answer, Client
from tests.waiting import until_told

TOKEN = re.compile(r"#((?:reset|verify|change)_[\w-]{43})$", re.MULTILINE)
RESET = """mutation ($input: PasswordResetInput!) {
  passwordReset(input: $input) { userErrors { code field } }
}"""
FORGOTTEN = """mutation ($input: PasswordResetRequestInput!) {
  passwordResetRequest(input: $input) { userErrors { code field } }
}"""
VERIFY = """mutation ($input: EmailVerifyInput!) {
  emailVerify(input: $input) { userErrors { code field } }
}"""


def letters(client: Client) -> list[Letter]:
    """All that was sent, the newest last."""
    post: Any = client.equipment.post
    return post.letters


async def settled(client: Client) -> list[Letter]:
    """All that was sent, once what answers do not wait for is done."""
    await client.equipment.afterwards.ended(30)
    return letters(client)


def link(letter: Letter) -> str:
    """Where a letter's link leads."""
    return next(word for word in letter.text.split() if "#" in word)


def token(letter: Letter) -> str:
    """What the link of a letter carries."""
    found = TOKEN.search(letter.text)
    assert found, letter.text
    return found[1]


async def forgotten(client: Client, email: str) -> Answer:
    """Ask for a letter to reset a password by."""
    return await client.another().ask(FORGOTTEN, input={"email": email})


async def reset(client: Client, shown: str, password: str) -> Answer:
    return await client.another().ask(
        RESET, input={"token": shown, "password": password}
    )


async def verify(client: Client, shown: str) -> Answer:
    return await client.another().ask(VERIFY, input={"token": shown})


async def insistent(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """What a server answers in the end, that may be busy when many ask at once."""

    async def asked() -> Answer | None:
        answer = await ask()
        return None if "SERVER_BUSY" in answer.codes else answer

    answer = await until_told(asked)
    assert answer
    return answer
