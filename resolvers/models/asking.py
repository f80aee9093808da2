"""Models asked, before anything of it is kept."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from compute.learning.models import Answer
from db.dialects import sound_document
from db.models import ModelTask, Prediction
from db.models.predictions import SPAM_LABELS
from resolvers.access import Permission, require
from resolvers.context import Context
from resolvers.errors import Missing, Refusal
from resolvers.models.choices import Chosen, Which, chosen
from resolvers.models.questions import Input, Question, inputs, require_source

LABEL = 255
"""Characters of a label."""
SHADOW = 5.0
"""Seconds that an answer waits for its shadow's."""
REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Came:
    """What a version said to each input, or why it said nothing."""

    version: Chosen
    inputs: Sequence[Input]
    answers: Sequence[Answer | str]
    milliseconds: float
    """That each took."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its answers: the same question is the same."""

    question: Question
    came: Came = field(compare=False)
    shadow: Came | None = field(compare=False)
    warnings: list[str] = field(compare=False)


async def asked(context: Context, question: Question) -> Asked:
    """Ask a version, before anything is written. Raises a Refusal."""
    require(context.actor, Permission.PREDICT)
    if question.origin_id is None:
        require_source(question.source)
    version = await chosen(context, question.which)
    given = inputs(question, version)
    came, (shadow, warnings) = await asyncio.gather(
        _answered(context, version, given, explained=question.explained),
        _shadowed(context, version, question),
    )
    cautions = [*version.caution, *_unexplained(question, came), *warnings]
    return Asked(question, came, shadow, cautions)


async def replayed(
    context: Context, id_: UUID, version_id: UUID, *, explained: bool = False
) -> Asked:
    """Ask another version what was asked in a prediction."""
    require(context.actor, Permission.PREDICT)
    origin = await context.loaders.row(Prediction).load(id_)
    if origin is None:
        raise Missing("no Prediction has this id", "prediction")
    question = Question(
        Which(version=version_id),
        origin.input_data,
        explained=explained,
        source=REPLAY,
        origin_id=id_,
    )
    return await asked(context, question)


async def _answered(
    context: Context, version: Chosen, given: Sequence[Input], *, explained: bool
) -> Came:
    began = time.perf_counter()
    answers = await context.equipment.models.answers(
        version.file, given, explained=explained
    )
    spent = (time.perf_counter() - began) * 1_000 / len(given)
    return Came(version, given, [_sound(version, one) for one in answers], spent)


async def _shadowed(
    context: Context, version: Chosen, question: Question
) -> tuple[Came | None, list[str]]:
    """What another version says to the same. That it cannot is but a warning."""
    match question.shadow:
        case None:
            return None, []
        case UUID() as id_:
            which = Which(version=id_)
        case alias:
            which = Which(model=version.model_id, alias=alias)
    try:
        async with asyncio.timeout(SHADOW):
            other = await chosen(context, which)
            given = inputs(question, other)
            return await _answered(context, other, given, explained=False), []
    except Refusal as error:
        return None, [f"the shadow was not asked: {error.message}"]
    except TimeoutError:
        return None, [f"the shadow had no answer within {SHADOW:g} s"]


def _unexplained(question: Question, came: Came) -> list[str]:
    """That explanations are wanted which the model does not give."""
    told = [one for one in came.answers if isinstance(one, Answer)]
    if not question.explained or not told or told[0].explanation:
        return []
    said = f"version {came.version.number} of {came.version.name!r} explains nothing"
    return [f"{said}; models that are trained here do"]


def _sound(version: Chosen, answer: Answer | str) -> Answer | str:
    """An answer that can be kept, or a sentence on why this one cannot."""
    if isinstance(answer, str):
        return answer
    label, confidence = answer.label, answer.confidence
    if version.task is ModelTask.SPAM and label not in SPAM_LABELS:
        return f"a model for spam says one of {', '.join(SPAM_LABELS)}, not {label!r}"
    if label is not None and len(label) > LABEL:
        return f"the model's label has more than {LABEL} characters"
    if confidence is not None and not 0 <= confidence <= 1:
        return f"the model's confidence is {confidence}, not from 0 to 1"
    try:
        sound_document([label, answer.output, answer.explanation])
    except ValueError as error:
        return f"the model's answer cannot be kept: {error}"
    return answer
