"""Verdicts on programs in bulk: right and wrong answers to tasks of the kinds whose verifier runs them, by language.

`python -m benchmarks.verdicts LANGUAGE MINUTES` does one language, and prints a line of JSON every minute.
"""

import argparse
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from zeroloop.contracts import Task, TranslatingKind
from zeroloop.sandbox import LANGUAGES, available
from zeroloop.seeding import stream
from zeroloop.tasks import algorithm, class_design, function

KINDS: tuple[TranslatingKind, ...] = (function.kind(), algorithm.kind(), class_design.kind())
ANSWERS, THREADS = 40, 2
"""Right answers to a task, and as many wrong ones; verdicts at a time."""


def run(quick: bool = False) -> dict[str, Any]:
    """By language: see `Tally`."""
    return {name: available(name) or Tally().filled(name, 0.01 if quick else 10.0) for name in LANGUAGES}


class Tally:
    """By kind: tasks, right answers and those refused, wrong ones and those accepted; no answer to a task is counted
    twice. A verdict that says nothing about the answer (error, timeout) counts as such, and is kept with the others
    that are not as they should be in `unexpected`.
    """

    def __init__(self) -> None:
        self.counts = {kind.name: Counter[str]() for kind in KINDS}
        self.unexpected: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def filled(self, language: str, minutes: float, says: bool = False) -> dict[str, Any]:
        """The tally after so many minutes, in some threads at once. says: it is printed every minute, too."""
        end = time.monotonic() + 60 * minutes
        pairs = _answers(language)
        workers = [threading.Thread(target=self._work, args=(pairs, end)) for _ in range(THREADS)]
        for each in workers:
            each.start()
        while says and time.monotonic() < end:
            time.sleep(min(60.0, max(0.0, end - time.monotonic())))
            print(json.dumps(self.result()), flush=True)
        for each in workers:
            each.join()
        return self.result()

    def result(self) -> dict[str, Any]:
        with self._lock:
            return {**{name: dict(counts) for name, counts in self.counts.items()}, "unexpected": [*self.unexpected]}

    def _work(self, pairs: Iterator[tuple[TranslatingKind, Task, str, Any]], end: float) -> None:
        while time.monotonic() < end:
            with self._lock:
                kind, task, wanted, answer = next(pairs)
            verdict = kind.verify(task, answer)
            with self._lock:
                counts = self.counts[kind.name]
                counts[wanted] += 1
                if verdict.verdict != wanted:
                    counts[f"{wanted}, but {verdict.verdict}"] += 1
                    self.unexpected.append({"task": task, "answer": repr(answer), "verdict": repr(verdict)})


def _answers(language: str) -> Iterator[tuple[TranslatingKind, Task, str, Any]]:
    """Different answers, with what the verdict on each must be, to tasks of all kinds and difficulties in turns."""
    for number in itertools.count():
        rng = stream(number, "verdicts", language)
        kind = KINDS[number % len(KINDS)]
        task = kind.in_language(kind.make(rng, float(rng.random())), language)
        for wanted, answers in (("correct", kind.notations(task, rng)), ("wrong", kind.near_misses(task, rng))):
            drawn_ones = {repr(answer): answer for answer in itertools.islice(answers, 2 * ANSWERS)}
            yield from ((kind, task, wanted, answer) for answer in [*drawn_ones.values()][:ANSWERS])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("language", choices=LANGUAGES)
    arguments.add_argument("minutes", type=float)
    given = arguments.parse_args()
    Tally().filled(given.language, given.minutes, says=True)
