"""heliograph serve and worker: one process, from its start to its end."""

import asyncio
import logging
import socket
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial

from resolvers.equipment import Equipment
from server import demo, logs, memory, metrics, scheduler, startup, web
from server.app import create_app
from server.commands.output import say
from server.disk import using
from server.equipment import equipped
from server.families import Member
from server.listening import listener
from server.settings import Settings
from server.stopping import stopped
from server.worker import work

logger = logging.getLogger(__name__)


async def serve(settings: Settings, asked: Namespace) -> None:
    """Answer requests and run jobs, or one of them, until a signal comes."""
    member = Member(asked.member) if asked.member else None
    stop = stopped(kept=member is not None)
    logs.configure(settings.log_level, settings.log_format)
    migrate = settings.embedded if asked.migrate is None else asked.migrate
    with using(settings.data):
        await startup.migrated(settings, migrate=migrate)
        async with equipped(settings) as equipment, _telling(member, equipment):
            await startup.walled(equipment.database, settings.wall)
            await startup.checked(equipment)
            idle = asked.only == "web"
            working = nullcontext() if idle else _working(settings, equipment)
            if asked.only == "worker":
                say("working; nothing is served")
                async with working:
                    await stop.wait()
            else:
                await _answer(settings, equipment, member, working, stop)
    logger.info("stopped")


async def _answer(
    settings: Settings,
    equipment: Equipment,
    member: Member | None,
    working: AbstractAsyncContextManager[None],
    stop: asyncio.Event,
) -> None:
    """Answer requests until told to stop; then first say so, and then stop."""
    app = create_app(equipment, settings, member)
    memory.settle()
    listening = listener(settings.host, settings.port, shared=member is not None)
    server = web.server(app, settings)
    answering = asyncio.create_task(server.serve([listening]))
    answering.add_done_callback(lambda _: stop.set())
    try:
        async with working:
            await _tell(settings, equipment, listening)
            await stop.wait()
            app.state.health.stopping = True
            await asyncio.sleep(0 if answering.done() else settings.stop_notice)
    finally:
        server.stop()
        await answering


def _telling(
    member: Member | None, equipment: Equipment
) -> AbstractAsyncContextManager[None]:
    """Tell a family, if there is one, what is counted here."""
    counted = partial(metrics.counted, equipment.database)
    return member.telling(counted) if member else nullcontext()


@asynccontextmanager
async def _working(settings: Settings, equipment: Equipment) -> AsyncGenerator[None]:
    """Run jobs and routines meanwhile. Afterwards jobs are put back for others."""
    running = work(equipment, settings.jobs_at_once), scheduler.run(equipment)
    tasks = [asyncio.create_task(one) for one in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                logger.error("a worker failed", exc_info=ended)


async def _tell(
    settings: Settings, equipment: Equipment, listening: socket.socket
) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listening.getsockname()[1]}"
    say(f"Heliograph answers at {url}/graphql")
    if settings.graphiql:
        say(f"GraphiQL: open {url}/graphql in a browser")
    if login := await demo.login(equipment):
        say("Demo login: {} with the password {}".format(*login))
    await demo.warn(equipment, settings.host)
