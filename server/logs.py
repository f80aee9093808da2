"""Logging: one line for each thing, as JSON or as text, and never a secret in it."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter

from server import access

HIDDEN = "[hidden]"
LETTER = "mail"
"""Of a line: what would be sent, were there a mail server. It is shown as it is."""
NAMES = re.compile(
    r"passw|secret|token|pepper|authorization|cookie|api.?key", re.IGNORECASE
)
"""Of values that are never shown."""
SHOWN = frozenset({"token_type", "tokens"})
PATTERNS = (
    (re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]*\.[\w-]*"), HIDDEN),  # a JWT
    (re.compile(r"\brt_[\w-]{8,}"), HIDDEN),
    (re.compile(r"(heliograph_(?:live|test)_\w{8})_\w{8,}"), rf"\1_{HIDDEN}"),
    (re.compile(r"\b(?:reset|verify|change|invite)_[\w-]{20,}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\w{1,20}://[^\s:/@]{0,200}):[^\s/@]{1,500}@"), rf"\1:{HIDDEN}@"),
    (
        re.compile(
            r"(?i)((?:password|secret|authorization|pepper|token)\w{0,40}[\"']?"
            r"\s{0,9}[:=]\s{0,9})"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&})\]]+)"
        ),
        rf"\1{HIDDEN}",
    ),
)
"""What secrets look like in a text, and what is put instead.

Strangers write into the log, so each takes time that grows no faster than the text.
"""


def configure(
    level: str, form: str | None = None, stream: TextIO | None = None
) -> None:
    """Have every logger, our servers' too, write to one stream."""
    target = sys.stderr if stream is None else stream
    terminal = target.isatty()
    text = form == "text" or (form is None and terminal)
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(text=text, colours=terminal))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    for name in ("uvicorn.error", "alembic"):  # they tell every step they take
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    access.shorten(None if text else target)


def redacted(
    _: Any, __: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A line without the secrets that were put into it."""
    return {
        name: value if name == LETTER else _redacted(name, value)
        for name, value in line.items()
    }


def clean(text: str) -> str:
    """A text without what looks like a secret."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _redacted(name: str, value: Any) -> Any:
    if NAMES.search(name) and name not in SHOWN:
        return HIDDEN
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(key): _redacted(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(name, one) for one in value]
    return value


def _formatter(*, text: bool, colours: bool) -> ProcessorFormatter:
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=colours)
        if text
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _plain,
            structlog.processors.format_exc_info,
            redacted,
            renderer,
        ],
    )


def _plain(_: Any, __: str, line: Any) -> Any:
    """Without what uvicorn adds for terminals."""
    line.pop("color_message", None)
    return line


def _json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
