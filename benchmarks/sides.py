"""Two servers side by side: equal answers first, then turns of load on each."""

import asyncio
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvloop

from benchmarks import load
from benchmarks.load import Figures, Request
from benchmarks.questions import DOCUMENTS, Question
from benchmarks.servers import Server

Asked = Callable[[str, Question], tuple[str, bytes, dict[str, str]]]
"""From a query and a question to a path, a body and headers."""
Meant = Callable[[str, Any], Any]
"""What an answer says, in the product's words."""


@dataclass
class Loaded:
    """A server under load, and what came of it."""

    name: str
    server: Server
    connections: int = field(default=load.CONNECTIONS, kw_only=True)
    rounds: list[Figures] = field(default_factory=list[Figures], init=False)
    cpu: list[float] = field(default_factory=list[float], init=False)
    """Seconds of processor for an answer, in each round."""

    def round(self, requests: Sequence[Request], seconds: float) -> None:
        before = self.server.cpu()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            given = self.server.url, requests, seconds, self.connections
            found = runner.run(load.asked(*given))
        self.rounds.append(found)
        self.cpu.append((self.server.cpu() - before) / len(found.times))

    @property
    def rate(self) -> float:
        return statistics.median(one.rate for one in self.rounds)

    @property
    def errors(self) -> int:
        return sum(one.errors for one in self.rounds)

    def slowest(self, share: float) -> float:
        return statistics.median(one.slowest(share) for one in self.rounds)


@dataclass
class Side(Loaded):
    """A server that is asked questions, and how."""

    asked: Asked
    meant: Meant = lambda _, said: said

    def answer(self, query: str, question: Question) -> bytes:
        path, body, headers = self.asked(query, question)
        return self.server.post(path, body, **headers)

    def request(self, query: str, question: Question) -> Request:
        path, body, headers = self.asked(query, question)
        answer = len(self.answer(query, question))
        return load.request(self.server.url + path, body, answer=answer, **headers)


def product(name: str, server: Server, tokens: Mapping[Any, str]) -> Side:
    """Heliograph, asked by those who have signed in."""

    def asked(query: str, question: Question) -> tuple[str, bytes, dict[str, str]]:
        body = {"query": DOCUMENTS[query], "variables": question.variables}
        signed = {"authorization": f"Bearer {tokens[question.owner]}"}
        return "/graphql", orjson.dumps(body), signed

    return Side(name, server, asked)


def by_hand(server: Server) -> Side:
    """What was written by hand, and believes whoever asks."""

    def asked(query: str, question: Question) -> tuple[str, bytes, dict[str, str]]:
        body = {"owner": question.owner.hex, **question.variables}
        return f"/{query}", orjson.dumps(body), {}

    return Side("by hand", server, asked)


def agree(query: str, questions: Sequence[Question], one: Side, other: Side) -> int:
    """The bytes of a typical answer, once it is known that all of them are equal."""
    sizes: list[int] = []
    for question in questions:
        answers = [side.answer(query, question) for side in (one, other)]
        said, wanted = (
            side.meant(query, orjson.loads(answer))
            for side, answer in zip((one, other), answers, strict=True)
        )
        assert said == wanted, (
            f"{query} with {question.variables}: {one.name} says {str(said)[:500]}, "
            f"{other.name} {str(wanted)[:500]}"
        )
        sizes.append(len(answers[0]))
    return round(statistics.median(sizes))


def compare(
    query: str,
    questions: Sequence[Question],
    pair: tuple[Side, Side],
    *,
    rounds: int,
    seconds: float,
) -> None:
    """Load one after the other, in turns, so that what else happens meets both."""
    requests = [[side.request(query, one) for one in questions] for side in pair]
    for side, asked in zip(pair, requests, strict=True):
        side.round(asked, seconds / 2)  # to be warm
        side.rounds.clear()
        side.cpu.clear()
    for _ in range(rounds):
        for side, asked in zip(pair, requests, strict=True):
            side.round(asked, seconds)


def ratio(pair: tuple[Loaded, Loaded]) -> float:
    """How often the first answers while the second answers once."""
    return pair[0].rate / pair[1].rate


def effort(pair: tuple[Loaded, Loaded]) -> float:
    """What an answer costs the first, of what it costs the second."""
    spent = [statistics.median(side.cpu) for side in pair]
    return spent[0] / spent[1] if spent[1] else float("nan")
