"""Models that answer: ours in this process, those of others in others."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from compute.artifacts.errors import ArtifactError, Broke
from compute.artifacts.interface import LARGEST, TOO_LARGE
from compute.learning.asking import each
from compute.learning.models import Answer, Model
from compute.remote import ANSWERED, INSPECTED, Remote
from resolvers.equipment import ModelFile, Store
from server.children import Children

LOAD = Remote("compute.learning.files", "load")
QUICK = 8 * 1024
"""Characters of inputs that are answered at once; others are no trouble to the loop."""
AT_ONCE = 2
"""Models that are being loaded; each may take as much memory as all that are kept."""
logger = logging.getLogger(__name__)

Input = Mapping[str, Any]


class WarmModels:
    """Keeps the models that were asked last, as many as have room in some memory.

    A model is loaded once, however many ask for it meanwhile.
    """

    def __init__(
        self, store: Store, memory: int, children: Children | None = None
    ) -> None:
        self.store, self._memory = store, memory
        self._children = children or Children()
        self._warm: OrderedDict[str, Model] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Model]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def answers(
        self, file: ModelFile, inputs: Sequence[Input], *, explained: bool = False
    ) -> list[Answer | str]:
        """An answer to each input, or a sentence on why there is none."""
        if not file.trained:
            return await self._elsewhere(file, inputs, explained=explained)
        try:
            model = await self._model(file)
        except (ValueError, OSError) as error:
            logger.exception("the model %s cannot be loaded", file.key)
            said = str(error) if isinstance(error, ValueError) else "its file is gone"
            return [f"the model cannot be loaded: {said}"] * len(inputs)
        if sum(map(_size, inputs)) <= QUICK:
            return each(model, inputs, explained=explained)
        return await asyncio.to_thread(each, model, inputs, explained=explained)

    async def inspected(self, path: Path, sha256: str, owner_id: UUID) -> Any:
        """What is found in a file, or a sentence on why nobody knows."""
        given = (INSPECTED, sha256, str(path))
        try:
            return await self._children.ask(*given, owner=owner_id)
        except (ArtifactError, Broke) as error:
            return f"it could not be looked into: {error}"

    async def close(self) -> None:
        await self._children.close()

    @property
    def weight(self) -> int:
        """Bytes of the models that are kept."""
        return sum(one.weight for one in self._warm.values())

    async def _model(self, file: ModelFile) -> Model:
        if model := self._warm.get(file.sha256):
            self._warm.move_to_end(file.sha256)
            return model
        if file.sha256 not in self._loading:
            task = asyncio.create_task(self._loaded(file))
            self._loading[file.sha256] = task
            task.add_done_callback(lambda _: self._loading.pop(file.sha256))
        return await asyncio.shield(self._loading[file.sha256])

    async def _loaded(self, file: ModelFile) -> Model:
        async with self._turn, self.store.local(file.key) as path:
            model = await asyncio.to_thread(LOAD, path, file.sha256)
            self._keep(file.sha256, model)
            return model

    def _keep(self, digest: str, model: Model) -> None:
        """Keep what was loaded, and let go of what was longest not asked."""
        self._warm[digest] = model
        while len(self._warm) > 1 and self.weight > self._memory:
            self._warm.popitem(last=False)

    async def _elsewhere(
        self, file: ModelFile, inputs: Sequence[Input], *, explained: bool
    ) -> list[Answer | str]:
        try:
            async with self.store.local(file.key) as path:
                given = (ANSWERED, file.sha256, str(path), file.sha256)
                asked = (*given, inputs, explained)
                told = await self._children.ask(*asked, owner=file.owner_id)
        except FileNotFoundError:
            return ["the model cannot be loaded: its file is gone"] * len(inputs)
        except (ArtifactError, Broke) as error:
            return [f"the model did not answer: {error}"] * len(inputs)
        if not isinstance(told, list) or len(told) != len(inputs):
            return ["the model did not answer: it said something else"] * len(inputs)
        return [_read(one) for one in told]


def _size(given: Input) -> int:
    """About how much a model has to read, in characters."""
    return sum(len(one) if isinstance(one, str) else 16 for one in given.values())


def _read(told: Any) -> Answer | str:
    """An answer of a process that nobody trusts."""
    if len(orjson.dumps(told)) > LARGEST:
        return TOO_LARGE
    match told:
        case {"error": str(why)}:
            return why
        case {
            "label": str() | None,
            "confidence": float() | int() | None,
            "output": dict(),
        }:
            explanation = told.get("explanation")
            explained = explanation if isinstance(explanation, dict) else None
            given = (told["label"], told["confidence"], told["output"])
            return Answer(*given, explained)
        case _:
            return "the model did not answer: it said something else"
