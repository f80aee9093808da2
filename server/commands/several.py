"""heliograph serve with several processes: who begins them, and looks after them."""

import asyncio
import logging
import sys
import time
from argparse import Namespace
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory

from server import logs, startup
from server.commands.output import say
from server.disk import using
from server.failures import Failure
from server.listening import reserved
from server.settings import Settings
from server.stopping import DRAIN, stopped

STEADY = 10.0
"""Seconds that a process has lived if another takes its place at once."""
LONGEST = 30.0
"""Seconds before one is begun again, at most."""
GRACE = 10.0
"""Seconds beyond those it takes by itself that a process has to stop."""
logger = logging.getLogger(__name__)


class Child:
    """A process of ours, and the one that takes its place when it ends."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = command
        self._process: Process | None = None
        self._began = 0.0

    async def begin(self) -> str:
        """Begin it, and return the first thing that it says, which is that it is ready.

        Interrupts from a terminal do not reach it: it stops when it is told, and when
        its standard input ends because this process did. Raises Failure.
        """
        self._began = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
        if line := await self._line():
            return line
        await self._process.wait()
        raise Failure(f"{self.name} ended before it was ready")

    async def keep(self, *, aloud: bool) -> None:
        """Pass on what it says, and whenever it ends begin it again."""
        pause = 0.0
        while process := self._process:
            while line := await self._line():
                if aloud:
                    say(line)
            aloud = False
            code = await process.wait()
            logger.error("%s ended with %s; another takes its place", self.name, code)
            steady = time.monotonic() - self._began > STEADY
            pause = 0.0 if steady else min(max(2 * pause, 1.0), LONGEST)
            await asyncio.sleep(pause)
            with suppress(Failure):
                await self.begin()

    async def stop(self, patience: float) -> int:
        """Tell it to stop, see that it does, and return how it ended."""
        if not (process := self._process):
            return 0
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(patience):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()

    async def _line(self) -> str:
        """The next thing that it says; nothing once it has ended."""
        stdout = self._process and self._process.stdout
        return (await stdout.readline()).decode().rstrip() if stdout else ""


async def serve(settings: Settings, asked: Namespace) -> None:
    """Serve with as many processes as the settings say, until a signal comes."""
    if settings.processes == 1 or asked.only == "worker" or asked.member:
        from server.commands import serving  # noqa: PLC0415  a parent needs little of it

        await serving.serve(settings, asked)
        return
    stop = stopped()
    logs.configure(settings.log_level, settings.log_format)
    check(settings)
    with (
        using(settings.data),
        reserved(settings.host, settings.port) as port,
        TemporaryDirectory(prefix="heliograph-") as folder,
    ):
        await startup.migrated(settings, migrate=bool(asked.migrate))
        children = family(settings, asked.only, port, Path(folder))
        await _served(children, settings.stop_notice + DRAIN + GRACE, stop)
    logger.info("stopped")


def check(settings: Settings) -> None:
    """See that processes would share what they must. Raises Failure."""
    said = f"HELIOGRAPH_PROCESSES {settings.processes} will not do"
    if settings.embedded:
        raise Failure(
            f"{said} with the embedded database: several processes share a PostgreSQL,"
            " HELIOGRAPH_DATABASE_URL postgresql://…"
        )
    if settings.redis_url is None:
        raise Failure(
            f"{said} without HELIOGRAPH_REDIS_URL: several processes share a Redis,"
            " redis://…"
        )


def family(
    settings: Settings, only: str | None, port: int, folder: Path
) -> list[Child]:
    """Those that answer at a port, and one that works unless they do so only."""
    begun = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    at = ("--host", settings.host, "--port", str(port), "--server", settings.server)
    web = ("serve", "--only", "web", *at)
    names: dict[str, tuple[str, ...]]
    names = {f"web-{number + 1}": web for number in range(settings.processes)}
    if only is None:
        names["worker"] = ("worker",)
    return [
        Child(name, (*begun, *words, "--no-migrate", "--member", str(folder / name)))
        for name, words in names.items()
    ]


async def _served(
    children: Sequence[Child], patience: float, stop: asyncio.Event
) -> None:
    """Have children serve until they are to stop. Raises Failure if one does not do."""
    serving = asyncio.create_task(_serving(children))
    serving.add_done_callback(lambda _: stop.set())
    await stop.wait()
    serving.cancel()
    (wrong,) = await asyncio.gather(serving, return_exceptions=True)
    codes = await asyncio.gather(*(one.stop(patience) for one in children))
    if isinstance(wrong, Exception):
        raise wrong
    for child, code in zip(children, codes, strict=True):
        if code not in {0, -SIGTERM}:  # by which it ends before it hears of signals
            raise Failure(f"{child.name} ended with {code} when it was to stop")


async def _serving(children: Sequence[Child]) -> None:
    said = await asyncio.gather(*(one.begin() for one in children))
    say(said[0])
    keeping = [one.keep(aloud=one is children[0]) for one in children]
    await asyncio.gather(*keeping)
