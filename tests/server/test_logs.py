"""What is logged: one line for each thing, and no secrets."""

import io
import json
import logging
import time
import timeit
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from server import logs

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
SECRET = st.text(ALPHABET, min_size=43, max_size=43)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is written to the log, as JSON."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers, root.level
    logs.configure("info", "json", stream)
    yield stream
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_the_request_it_belongs_to(written: io.StringIO) -> None:
    with bound_contextvars(request_id="abc12345"):
        logging.getLogger("some.where").warning("%d things", 3, extra={"of": "kind"})
    [line] = lines(written)
    assert line["event"] == "3 things"
    assert (line["level"], line["logger"]) == ("warning", "some.where")
    assert (line["request_id"], line["of"]) == ("abc12345", "kind")
    assert line["timestamp"].endswith("Z")


def test_a_fault_is_one_line_with_its_trace(written: io.StringIO) -> None:
    fault = ValueError("password=hunter2hunter2")
    logging.getLogger("uvicorn.error").error("fault", exc_info=fault)
    [line] = lines(written)
    assert "ValueError" in line["exception"]
    assert "hunter2" not in line["exception"]


def test_text_is_for_people(written: io.StringIO) -> None:
    logs.configure("info", "text", written)
    logging.getLogger("a").info("hello")
    assert "hello" in written.getvalue()
    assert not written.getvalue().startswith("{")


@given(SECRET)
def test_what_looks_like_a_secret_is_hidden(secret: str) -> None:
    for text in (
        f"token rt_{secret} was shown",
        f"Authorization: Bearer {secret}",
        f"eyJhbGciOiJIUzI1NiJ9.{secret}.{secret}",
        f'{{"password": "{secret}"}}',
        f"postgresql://user:{secret}@host/name",
        f"HELIOGRAPH_SECRET={secret}",
    ):
        assert secret not in logs.clean(text), text


@pytest.mark.parametrize(
    "said",
    [
        "token",
        "eyJ",
        "eyJaaaaa.",
        "a",
        "a://",
        "a://b:",
        "bearer ",
        "token ",
        'token="',
    ],
)
def test_a_longer_text_is_cleaned_no_slower_by_the_letter(said: str) -> None:
    def seconds(letters: int) -> float:
        text = (said * letters)[:letters]
        clean = partial(logs.clean, text)
        return min(timeit.repeat(clean, timer=time.thread_time, number=1, repeat=5))

    assert seconds(64 * 1024) < 24 * seconds(8 * 1024)


@given(SECRET, st.sampled_from(["password", "newPassword", "refreshToken", "pepper"]))
def test_values_of_telling_names_are_hidden_however_deep(key: str, name: str) -> None:
    line = {"event": "x", "input": {"list": [{name: key}]}, name: key}
    assert key not in json.dumps(logs.redacted(None, "", line))


@given(st.text(st.characters(categories=["L", "N", "Zs"])))
def test_plain_text_is_left_alone(text: str) -> None:
    if not logs.NAMES.search(text):
        assert logs.clean(text) == text
