"""What models are asked: checked against their schemas before they see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from resolvers.errors import Invalid, Verbatim
from resolvers.models.choices import Chosen, Which
from resolvers.models.schemas import violation

BYTES = 1024**2
"""Of one input, as JSON."""
AT_ONCE = 1_000
"""Rows of one request."""
SOURCE = 50
"""Characters of a source."""
OURS = {"shadow", "replay"}
"""Sources that clients do not say."""

Input = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A version, what it is asked, and how the answer is wanted."""

    which: Which
    data: Any = None
    """An object; or a list of such, where there are `several`."""
    text: str | None = None
    several: bool = False
    explained: bool = False
    logged: bool = False
    """Whether a line is logged also where there is nothing to say."""
    source: str = "api"
    shadow: UUID | str | None = None
    """Another version that is asked besides: its id, or an alias of the same model."""
    origin_id: UUID | None = None


def inputs(question: Question, version: Chosen) -> list[Input]:
    """What the version is given, which its schema allows. Raises Invalid."""
    if question.several:
        rows = _several(question.data)
        places = range(len(rows))
        return [_fit(version, rows[one], "data", str(one)) for one in places]
    if (question.data is None) == (question.text is None):
        raise Invalid("say one of `data` and `text`", "data")
    if question.text is not None:
        return [_of_text(version, question.text)]
    return [_fit(version, question.data, "data")]


def require_source(source: str) -> None:
    """Raises Invalid for what is no source, or one that only the server says."""
    if not 1 <= len(source) <= SOURCE:
        raise Invalid(f"a source has from 1 to {SOURCE} characters", "source")
    if source in OURS:
        raise Invalid(f"{source!r} is a source that only the server says", "source")


def text_of(given: Input) -> str | None:
    """The text that an input is, if it is one."""
    [*values] = given.values()
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def _several(rows: Sequence[Any]) -> Sequence[Any]:
    if not 1 <= len(rows) <= AT_ONCE:
        raise Invalid(
            f"from 1 to {AT_ONCE} rows are taken at once, not {len(rows)}; for more"
            " there is batchPredictionStart",
            "data",
        )
    return rows


def _of_text(version: Chosen, text: str) -> Input:
    """A text as the one column of a version. Raises Invalid where it has more."""
    names = [*((version.input_schema or {}).get("properties") or {"text": {}})]
    if len(names) != 1:
        said = f"this version is not asked about one text, but {', '.join(names[:20])}"
        raise Invalid(f"{said}; give them as `data`", "text")
    given = {names[0]: text}
    try:
        return _fit(version, given)
    except Invalid as error:
        raise Invalid(error.message, "text") from error


def _fit(version: Chosen, given: Any, *field: str) -> Input:
    if not isinstance(given, dict):
        raise Invalid("an input is an object, with a member for each column", *field)
    if (size := len(orjson.dumps(given))) > BYTES:
        raise Invalid(f"an input has at most {BYTES} bytes, not {size}", *field)
    wrong = version.input_schema and violation(version.input_schema, given)
    if wrong:
        path, said = wrong
        raise Invalid(
            said[:1].lower() + said[1:], *field, *(Verbatim(step) for step in path)
        )
    return given
