"""The page that links in letters lead to."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from graphql import parse, type_from_ast, validate

from resolvers.equipment import Equipment
from server.account.page import HERE
from server.app import create_app
from server.settings import Settings
from tests.contract import SCHEMA

PAGE, SCRIPT = ((HERE / name).read_text("utf-8") for name in ("page.html", "page.js"))
DOCUMENTS = dict(re.findall(r'^  (\w+): "(mutation .*)",$', SCRIPT, re.MULTILINE))
"""What the script asks, by the name of the page."""
PASSWORD, OTHER = "engines weave algebra", "looms punch cards"
GIVEN = {"email": "ada@example.org", "password": PASSWORD}
SIGN_UP = "mutation ($i: SignUpInput!) { signUp(input: $i) { userErrors { code } } }"
LOGIN = "mutation ($i: LoginInput!) { login(input: $i) { userErrors { code } } }"
FORGOTTEN = """mutation ($i: PasswordResetRequestInput!) {
  passwordResetRequest(input: $i) { userErrors { code } }
}"""


@pytest.fixture
async def http(equipment: Equipment) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(equipment, Settings()))
    async with httpx.AsyncClient(
        transport=transport, base_url="https://us", timeout=20
    ) as http:
        yield http


async def asked(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    """What the only field of a mutation answers."""
    body = {"query": query, "variables": variables}
    answer = await http.post("/graphql", json=body, headers={"origin": "https://us"})
    [payload] = answer.json()["data"].values()
    return payload["userErrors"]


async def followed(http: httpx.AsyncClient, equipment: Equipment, **typed: str) -> Any:
    """What comes of opening the newest link, as the page's script does it."""
    await equipment.afterwards.ended(30)
    post: Any = equipment.post
    link = next(word for word in post.letters[-1].text.split() if "/account/" in word)
    url = httpx.URL(link)
    page = await http.get(url.path)
    name = url.path.rpartition("/")[2]
    assert f'<form id="{name}"' in page.text
    assert url.fragment not in page.text
    return await asked(http, DOCUMENTS[name], input={"token": url.fragment} | typed)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
async def test_a_page_loads_nothing_but_what_is_here(
    http: httpx.AsyncClient, name: str
) -> None:
    answer = await http.get(f"/account/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert sorted(loaded) == ["data:,", "page.css", "page.js"]
    assert not re.search(r"<style|<script>|\son\w+=", answer.text)


@pytest.mark.parametrize(
    ("name", "media"), [("page.js", "text/javascript"), ("page.css", "text/css")]
)
async def test_what_a_page_loads_is_there(
    http: httpx.AsyncClient, name: str, media: str
) -> None:
    answer = await http.get(f"/account/{name}")
    assert answer.text == (HERE / name).read_text("utf-8")
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["page.py", "other", "..%2Fpage.py"])
async def test_there_is_no_other_page(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(f"/account/{path}")).status_code == 404


def test_a_form_asks_what_its_mutation_takes() -> None:
    forms = dict(re.findall(r'<form id="(\w+)"(.*?)</form>', PAGE, re.DOTALL))
    assert {*forms} == {*DOCUMENTS}
    for name, form in forms.items():
        document = parse(DOCUMENTS[name])
        assert validate(SCHEMA, document) == []
        operation: Any = document.definitions[0]
        taken: Any = type_from_ast(SCHEMA, operation.variable_definitions[0].type)
        fields = re.findall(r'<input name="(\w+)"', form)
        assert {*fields} == {*taken.of_type.fields}


async def test_the_links_of_letters_lead_to_what_they_are_for(
    http: httpx.AsyncClient, equipment: Equipment
) -> None:
    assert await asked(http, SIGN_UP, i=GIVEN) == []
    assert await followed(http, equipment) == []
    again = await followed(http, equipment)
    assert [one["message"] for one in again] == ["this link is not valid, or no longer"]
    await asked(http, FORGOTTEN, i={"email": GIVEN["email"]})
    assert await followed(http, equipment, password=OTHER) == []
    assert await asked(http, LOGIN, i=GIVEN | {"password": OTHER}) == []
