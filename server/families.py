"""Processes that serve together: each tells the others what it has counted."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

PATIENCE = 1.0
"""Seconds for a process to say what it has counted."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """A process of a family: its place is a socket in a folder of the family's own."""

    place: Path

    @property
    def name(self) -> str:
        return self.place.name

    @asynccontextmanager
    async def telling(
        self, counted: Callable[[], CollectorRegistry]
    ) -> AsyncGenerator[None]:
        """Tell whoever asks what has been counted here, for as long as this lasts."""

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                writer.write(orjson.dumps([*map(_said, counted().collect())]))
                await writer.drain()
            writer.close()

        self.place.unlink(missing_ok=True)  # of one that was killed
        server = await asyncio.start_unix_server(tell, self.place)
        try:
            yield
        finally:
            server.close()
            with suppress(OSError):  # others are there, or a parent to tidy up
                self.place.unlink()
                self.place.parent.rmdir()

    async def counted(self) -> CollectorRegistry:
        """What each process has counted, but for those that do not answer."""
        places = sorted(self.place.parent.iterdir())
        told = await asyncio.gather(*map(_asked, places))
        together = CollectorRegistry()
        names = [one.name for one in places]
        together.register(Together(dict(zip(names, told, strict=True))))
        return together


class Together(Collector):
    """What several processes have counted, each under its name."""

    def __init__(self, told: dict[str, list[Any]]) -> None:
        self._told = told

    def collect(self) -> list[Metric]:
        found: dict[str, Metric] = {}
        for process, metrics in self._told.items():
            for name, about, kind, samples in metrics:
                metric = found.setdefault(name, Metric(name, about, kind))
                for sample, labels, value in samples:
                    metric.add_sample(sample, {**labels, "process": process}, value)
        return [*found.values()]


def _said(metric: Metric) -> tuple[str, str, str, list[Any]]:
    samples = [(one.name, one.labels, one.value) for one in metric.samples]
    return metric.name, metric.documentation, metric.type, samples


async def _asked(place: Path) -> list[Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_unix_connection(place)
            try:
                return orjson.loads(await reader.read())
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        logger.warning("%s does not say what it has counted", place.name)
        return []
