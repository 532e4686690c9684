"""A proxy between exchanges that now and then cuts, repeats, delays, answers 503 or forgets: by a seeded dice."""

import random
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable

from tests.odd_server import Answering, Asked, Reply

Fault = Callable[[Reply, list[Reply]], Reply]


def _cut(reply: Reply, _before: list[Reply]) -> Reply:
    return Reply(reply.body, reply.status, reply.headers, cut=len(reply.body) // 2)


def _half(reply: Reply, _before: list[Reply]) -> Reply:
    return Reply(reply.body[: len(reply.body) // 2], reply.status, reply.headers)


def _repeat(reply: Reply, before: list[Reply]) -> Reply:
    return before[-1] if before else reply


def _busy(_reply: Reply, _before: list[Reply]) -> Reply:
    return Reply(b"", 503, {"Retry-After": "1"})


def _broken(_reply: Reply, _before: list[Reply]) -> Reply:
    return Reply(b"<html>", 500)


def _slow(reply: Reply, _before: list[Reply]) -> Reply:
    time.sleep(0.3)
    return reply


def _forgetful(reply: Reply, _before: list[Reply]) -> Reply:
    if b"<ListRecords>" not in reply.body:
        return reply
    head = reply.body.partition(b"<ListRecords>")[0]
    return Reply(head + b'<error code="badResumptionToken">?</error></OAI-PMH>', 200, reply.headers)


FAULTS: tuple[Fault, ...] = (_cut, _half, _repeat, _busy, _broken, _slow, _forgetful)


class BadRoad:
    """Forwards to one exchange. While `bad`, about a third of the answers come to harm."""

    def __init__(self, target: str, seed: int) -> None:
        self.target = target
        self.bad = False
        self.harm: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._before: list[Reply] = []

    def __call__(self, asked: Asked) -> Reply:
        reply = self._forward(asked)
        if self.bad and self._dice.random() < 0.33:
            fault = self._dice.choice(FAULTS)
            self.harm[fault.__name__] += 1
            return fault(reply, self._before[-1:])
        if reply.status == 200:
            self._before = [reply]
        return reply

    def _forward(self, asked: Asked) -> Reply:
        request = urllib.request.Request(self.target + asked.path, headers={"Accept-Encoding": "identity"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.read(), answer.status, {"Content-Type": answer.headers["Content-Type"]})
        except urllib.error.HTTPError as fault:
            return Reply(fault.read(), fault.code)
        except OSError:
            return Reply(b"", 502)


def as_answering(road: BadRoad) -> Answering:
    """The road as what a server answers by."""
    return road
