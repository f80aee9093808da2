"""No error repeats a value: what was sent with a mistake may be a password."""

from typing import Any

import orjson
import pytest

from tests.server.conftest import Send

SECRET = "a quiet mouse 42"  # noqa: S105  nobody's
MUTATIONS = {
    "signUp": {"email": "ada@example.org"},
    "login": {"email": "ada@example.org"},
    "passwordChange": {},
}
WRONG: dict[str, tuple[Any, str]] = {
    "an unknown field": ({"password": SECRET, "rank": 1}, "unknown field 'rank'"),
    "a misspelt field": ({"pasword": SECRET, "rank": 1}, "'p"),
    "a field too few": ({"passwordHint": SECRET}, "'password"),
    "a number": ({"password": 4217}, "non string value"),
    "a list": ({"password": [SECRET]}, "non string value"),
    "an object": ({"password": {"text": f"{SECRET}, found: {{"}}, "non string value"),
    "a list of objects": ([{"password": SECRET, "rank": [SECRET]}], "to be an object"),
    "a text": (SECRET, "to be an object"),
}
SYNTAX = (
    f'password: "{SECRET}" "{SECRET}"',
    f'"{SECRET}"',
    f'password: """{SECRET}""" """{SECRET}"""',
    "password: quiet 4217",
    "password: quiet 42.17",
)


def literal(value: Any) -> str:
    """A value as it is written in a document."""
    match value:
        case dict():
            fields = (f"{name}: {literal(one)}" for name, one in value.items())
            return f"{{{', '.join(fields)}}}"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case _:
            return orjson.dumps(value).decode()


def silent(answer: dict[str, Any]) -> str:
    """What is said of an error, once it is seen that it repeats nothing."""
    assert "data" not in answer
    said = " ".join(one["message"] for one in answer["errors"])
    for part in ("mouse", "4217", "42.17", "example.org"):
        assert part not in said
    return said


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("wrong", WRONG)
async def test_a_mistake_in_an_input_is_named_without_what_else_was_sent(
    send: Send, mutation: str, wrong: str
) -> None:
    given, expected = WRONG[wrong]
    if isinstance(given, dict):
        given = {**MUTATIONS[mutation], **given}
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = (
        f"mutation ($input: {type_}!) {{ {mutation}(input: $input) {{ __typename }} }}"
    )
    assert expected in silent(await send(query=document, variables={"input": given}))
    inline = f"mutation {{ {mutation}(input: {literal(given)}) {{ __typename }} }}"
    assert expected in silent(await send(query=inline))


async def test_the_place_of_a_mistake_is_named(send: Send) -> None:
    document = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
    given = {"email": "ada@example.org", "password": [SECRET]}
    said = silent(await send(query=document, variables={"input": given}))
    assert said == (
        "Variable '$input' has invalid value at .password: "
        "String cannot represent a non string value"
    )


@pytest.mark.parametrize("wrong", SYNTAX)
async def test_what_cannot_be_parsed_is_not_repeated(send: Send, wrong: str) -> None:
    document = f"mutation {{ login(input: {{ {wrong} }}) {{ __typename }} }}"
    assert "Syntax Error" in silent(await send(query=document))


async def test_a_name_that_is_nearly_right_is_still_helped(send: Send) -> None:
    given = {"email": "ada@example.org", "password": SECRET, "fulName": "Ada"}
    inline = f"mutation {{ signUp(input: {literal(given)}) {{ __typename }} }}"
    assert silent(await send(query=inline)).endswith("Did you mean 'fullName'?")
