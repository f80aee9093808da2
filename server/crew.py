"""What a worker of the cluster does for a job: it has a process compute it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Status, Worker, get_worker

from compute import apart, sandbox
from server.spread import Spread, spread

LOOK = 0.2
"""Seconds between two looks at whether anybody waits."""
OPEN = {Status.init, Status.running, Status.paused}
BEGUN = "begun"
"""What is said first, each time it is begun."""


@dataclass(frozen=True, slots=True)
class Order:
    """How something is to be computed, and where to tell how far it is."""

    topic: str
    id: str
    limits: sandbox.Limits
    spread: int


def computed(
    order: Order,
    function: Callable[..., Any],
    given: Sequence[Any],
    files: Mapping[int, Iterable[bytes] | None],
) -> tuple[Any, dict[int, bytes]]:
    """What a function gives, and the files that it made, by their places.

    given  to the function; paths are put where files have their places
    files  the parts of each that is read, and None for each that is made
    """
    worker = get_worker()
    worker.log_event(order.topic, [order.id, 0.0, BEGUN])
    with TemporaryDirectory(dir=worker.local_directory) as folder:
        paths = {at: Path(folder) / str(at) for at in files}
        for at, parts in files.items():
            if parts is not None:
                with paths[at].open("wb") as file:
                    file.writelines(parts)
        put = [paths.get(at, one) for at, one in enumerate(given)]
        result = _overseen(worker, order, apart.Call(function, put, order.spread))
        made = [at for at, parts in files.items() if parts is None]
        return result, {at: paths[at].read_bytes() for at in made}


def _overseen(worker: Worker, order: Order, call: apart.Call) -> Any:
    """What a process computes, for as long as somebody waits for it."""
    key = worker.get_current_task()
    kept: Spread | None = None
    with ExitStack() as stack:
        pipe = stack.enter_context(apart.begun(call, order.limits))
        while _wanted(worker, key):
            if not pipe.poll(LOOK):
                continue
            kind, *rest = apart.told(pipe)
            if kind == "done":
                return rest[0]
            if kind == "failed":
                raise rest[0]
            if kind == "said":
                worker.log_event(order.topic, [order.id, *rest])
            else:
                kept = kept or stack.enter_context(spread(worker.address))
                pipe.send(getattr(kept, kind)(*rest))
        raise RuntimeError("nobody waits for this any more")


def _wanted(worker: Worker, key: Any) -> bool:
    """Whether the cluster still wants a task that this worker is at.

    It does not once it was cancelled, or whoever asked for it is gone.
    """
    task = worker.state.tasks.get(key)
    at_it = task is not None and task.state in {"executing", "long-running"}
    return at_it and worker.status in OPEN
