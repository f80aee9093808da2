"""The heliograph command."""

import argparse
import asyncio
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from db import faultpoints
from resolvers.errors import Denial, Refusal
from server import settings
from server.failures import Failure

GIVEN = ("host", "port", "processes", "server")
"""Settings that may also be given as arguments."""
logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Gives 0, 1 for a failure that is told, or 2 for wrong usage."""
    asked = parser().parse_args(arguments)
    os.umask(0o077)  # data, backups and secrets are their owner's alone
    given = {name: getattr(asked, name, None) for name in GIVEN}
    try:
        chosen = settings.read(**{k: v for k, v in given.items() if v is not None})
        arm(chosen)
        module, _, name = asked.run.partition(".")
        run = getattr(importlib.import_module(f"server.commands.{module}"), name)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(chosen, asked))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        logger.debug("the command failed", exc_info=True)
        sys.stderr.write(f"heliograph: {sentence(error)}\n")
        return 1
    return 0


def arm(chosen: settings.Settings) -> None:
    """Have fault points act, where the server is under test and nowhere else."""
    try:
        faultpoints.arm(chosen.fault_points if chosen.testing else "")
    except ValueError as error:
        raise Failure(f"HELIOGRAPH_FAULT_POINTS will not do: {error}") from error


def sentence(error: Exception) -> str:
    """What is told of a failure: never a trace."""
    if isinstance(error, Failure | Refusal | Denial):
        return str(error)
    if isinstance(error, DBAPIError):
        return f"the database refused: {_line(error.orig)}"
    if isinstance(error, SQLAlchemyError | OSError):
        return f"it could not be done: {_line(error)}"
    return f"unexpected {type(error).__name__}: {_line(error)}"


def _line(error: BaseException | None) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments. Each names the function that does its work."""
    parser = argparse.ArgumentParser("heliograph", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _serving(commands)
    _tables(commands)
    _plain(commands, "schema", "contract.schema", "print the schema")
    demo = _plain(commands, "demo", "demo.demo", "load the demo, once")
    demo.add_argument(
        "--play", action="store_true", help="send its readings to a running server"
    )
    demo.add_argument(
        "--anyway", action="store_true", help="also where others could sign in to it"
    )
    demo.add_argument("--pace", type=float, default=0.5, help="seconds between two")
    user = commands.add_parser("user", help="people").add_subparsers(required=True)
    admin = _plain(user, "create-admin", "people.create_admin", "make an administrator")
    admin.add_argument("--email", required=True)
    bring = _plain(user, "import", "people.bring", "bring accounts from elsewhere")
    bring.add_argument("file", help="a .csv or .jsonl, with hashes of bcrypt")
    audit = commands.add_parser("audit", help="the log of what was done")
    steps = audit.add_subparsers(required=True)
    verify = _plain(steps, "verify", "audit.verify", "see that its chain is whole")
    files = "exports, in their order; else the database is verified"
    verify.add_argument("files", nargs="*", type=Path, metavar="FILE", help=files)
    verify.add_argument("--key", help="the public key that must have signed it")
    _keys(commands)
    for name, said in (
        ("backup", "save the embedded database and its files"),
        ("restore", "put a backup in their place"),
    ):
        _plain(commands, name, f"copies.{name}", said).add_argument("path")
    return parser


def _keys(commands: Any) -> None:
    keys = commands.add_parser("keys", help="what secrets at rest are sealed with")
    steps = keys.add_subparsers(required=True)
    _plain(steps, "list", "keys.show", "each key, and how much is under it")
    _plain(steps, "rotate", "keys.rotate", "make a new key the current one")
    _plain(steps, "rewrap", "keys.rewrap", "put what is there under it")


def _serving(commands: Any) -> None:
    serve = _plain(commands, "serve", "several.serve", "answer requests and run jobs")
    serve.add_argument(
        "--only", choices=("web", "worker"), help="answer requests, or run jobs"
    )
    serve.add_argument("--host", help="the address to listen on")
    serve.add_argument("--port", type=int, help="the port to listen on; 0 is any")
    serve.add_argument(
        "--processes", type=int, metavar="N", help="how many answer requests"
    )
    serve.add_argument("--server", help="uvicorn or granian")
    worker = _plain(commands, "worker", "serving.serve", "run jobs and nothing else")
    worker.set_defaults(only="worker")
    for one in (serve, worker):
        one.add_argument("--member", type=Path, help=argparse.SUPPRESS)
        one.add_argument(
            "--migrate",
            action=argparse.BooleanOptionalAction,
            help="bring the tables forward first: the default for SQLite",
        )


def _tables(commands: Any) -> None:
    migrate = commands.add_parser("migrate", help="the tables' history")
    steps = migrate.add_subparsers(required=True, dest="step")
    up = _plain(steps, "upgrade", "tables.migrate", "bring the tables forward")
    up.add_argument("revision", nargs="?", default="head")
    down = _plain(steps, "downgrade", "tables.migrate", "take them back")
    down.add_argument("revision")
    _plain(steps, "current", "tables.migrate", "where the tables are")
    _plain(steps, "check", "tables.migrate", "see that models and tables agree")
    _plain(steps, "history", "tables.migrate", "every revision")
    draft = _plain(steps, "draft", "tables.migrate", "write one from the models")
    draft.add_argument("message")


def _plain(commands: Any, name: str, run: str, said: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=said)
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())
