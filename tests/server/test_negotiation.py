"""Which media type an answer has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.negotiation import GRAPHQL, HTML, JSON, negotiated

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RANGES = st.sampled_from([JSON, GRAPHQL, HTML, "*/*", "application/*", "a/b", "", "a"])
WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.5", ";Q=1", ";q=x", ";q=nan", ";v=1;q=9"])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"*/*, {GRAPHQL}", GRAPHQL),
        (f"*/*;q=0.9, {JSON};q=0.1", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{JSON};q=0", None),
        ("Application/JSON; charset=utf-8", JSON),
        ("text/event-stream", None),
        ("*/*;q=0", None),
        (BROWSER, JSON),
    ],
)
def test_an_answer_is_of_the_type_liked_best(accept: str, media: str | None) -> None:
    assert negotiated(accept, (JSON, GRAPHQL)) == media


def test_a_browser_likes_a_page_best() -> None:
    assert negotiated(BROWSER, (JSON, GRAPHQL, HTML)) == HTML
    assert negotiated("*/*", (JSON, GRAPHQL, HTML)) == JSON


@given(st.lists(st.tuples(RANGES, WEIGHTS).map("".join)).map(",".join) | st.text())
def test_any_header_has_an_answer(accept: str) -> None:
    assert negotiated(accept, (JSON, GRAPHQL)) in {JSON, GRAPHQL, None}


@given(st.permutations([f"{JSON};q=0.4", f"{GRAPHQL};q=0.6", "text/plain"]))
def test_where_weights_differ_the_order_does_not_matter(ranges: list[str]) -> None:
    assert negotiated(",".join(ranges), (JSON, GRAPHQL)) == GRAPHQL
