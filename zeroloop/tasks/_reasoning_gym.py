"""Data sets of the package reasoning-gym as tasks whose answer is a text, judged by the data sets' own scorers.

A task names its place: data set, configuration and index. The verifier makes the entry again from these, and demands
the same problem and answer, so that nothing that a task says of itself is believed, and none that another version of
the package made is judged by this one. The package is imported in a process of its own alone, which is ended where an
entry or a score takes too long (decision 0028).
"""

import atexit
import importlib.util
import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from zeroloop.contracts import Task, Verdict
from zeroloop.errors import MissingExtraError, TaskError, UnknownNameError, unknown_name
from zeroloop.seeding import stream
from zeroloop.task_fields import integer, text
from zeroloop.tasks._kinds import TEXT, correct, wrong
from zeroloop.tasks._reasoning_gym_table import FORMS, JUDGED, REFUSED

TYPE = "reasoning_gym"
"""The `type` of tasks from here."""
ENTRY_SECONDS, SCORE_SECONDS = 60.0, 5.0
"""Time for an entry, with all that its data set reads first, and for a score."""
LONGEST_ANSWER = 10_000
LONGEST_CONFIG = 10_000
ENTRIES = 100
"""Entries that are made from one seed of a data set."""

_INSIDE = Path(__file__).with_name("_inside_reasoning_gym.py")


@dataclass(frozen=True)
class Place:
    """Where an entry is. config: settings that differ from the data set's own."""

    data_set: str
    config: Mapping[str, Any]
    index: int


class Entry(NamedTuple):
    """What is asked, and a right answer where the data set gives one."""

    question: str
    answer: str | None


def installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("reasoning_gym") is not None


def known(data_set: str) -> str:
    """The name of a data set. Raises UnknownNameError for others."""
    if data_set not in JUDGED and data_set not in REFUSED:
        raise unknown_name("data set of reasoning-gym", data_set, [*JUDGED, *REFUSED])
    return data_set


def refusal(data_set: str) -> str | None:
    """Why answers to a data set cannot be judged; None where they can."""
    return None if data_set in OURS else REFUSED.get(data_set)


def entry_task(place: Place) -> Task:
    """The task that an entry is, of a kind of ours where there is one for it. Raises MissingExtraError without the
    package; TaskError where there is no entry."""
    question, answer = scorer().entry(place)
    if place.data_set in OURS:
        name = "-".join(map(str, (TYPE, place.data_set, place.config.get("seed"), place.index)))
        return {"task_id": name, **OURS[place.data_set](question), "problem": question, "answer": answer}
    return {
        "task_id": "-".join(map(str, (TYPE, place.data_set, place.config.get("seed"), place.index))),
        "type": TYPE,
        "kind": TEXT,
        "problem": question,
        **({} if answer is None else {"answer": answer}),
        **asdict(place),
        "package_version": version("reasoning-gym"),
    }


def entry_place(seed: int, data_set: str, number: int, config: Mapping[str, Any]) -> Place:
    """Where the task of a seed with this number is. Seeds of data sets are hashed, as entries of neighbouring ones are
    the same but for one."""
    block, index = divmod(number, ENTRIES)
    own = int(stream(seed, "reasoning-gym", data_set, block).integers(2**31))
    return Place(data_set, {**config, "seed": own, "size": ENTRIES}, index)


def verdict(task: Task, answer: Any) -> Verdict:
    """See text.Verifier: correct where the data set's scorer gives 1, and nothing else counts. An error where it gives
    that to wrong answers, too."""
    try:
        place = _place(task)
        if reason := REFUSED.get(place.data_set):
            return Verdict("error", 0.0, f"answers to reasoning-gym:{place.data_set} are not judged: {reason}")
        if (objection := _objection(place.data_set, answer)) is not None:
            _compare(task, scorer().entry(place))
            return wrong(objection)
        entry, score = scorer().score(place, str(answer))
        _compare(task, entry)
    except TaskError as error:
        return Verdict("error", 0.0, f"the task is broken: {error}")
    except TimeoutError as slow:
        return Verdict("timeout", 0.0, str(slow))
    shown = f"the scorer of {place.data_set} gives it {score:g}"
    return correct(evidence=shown) if score == 1 else wrong(f"{shown} of 1")


def _countdown(question: str) -> Task:
    first = question.partition("\n")[0]
    listed = re.search(r"numbers:? (\d+(?:, \d+)*)", first)
    wanted = re.search(r"\b(?:Calculate|make|equals) (\d+)", first)
    if listed is None or wanted is None:
        raise TaskError(f"countdown: there is no list of numbers, or no target, in {first[:200]!r}")
    numbers = [int(each) for each in listed[1].split(", ")]
    return {"type": "arithmetic", "kind": "countdown", "numbers": numbers, "target": int(wanted[1])}


OURS: dict[str, Callable[[str], Task]] = {"countdown": _countdown}
"""Data sets that ask what a kind of ours does: a question as its task."""


def _place(task: Task) -> Place:
    data_set = text(task, "data_set", 100)
    try:
        known(data_set)
    except UnknownNameError as error:
        raise TaskError(f"data_set: {error}") from None
    config = task.get("config")
    if not isinstance(config, dict) or len(json.dumps(config)) > LONGEST_CONFIG:
        raise TaskError(f"config must be a small mapping of settings, not {str(config)[:80]!r}")
    return Place(data_set, config, integer(task, "index", 0, 10**9))


def _objection(data_set: str, answer: Any) -> str | None:
    """Why an answer is wrong before any scorer sees it; None where one may."""
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        return f"the answer must be a text, not {type(answer).__name__}"
    if isinstance(answer, int) and answer.bit_length() > 4 * LONGEST_ANSWER // 3:
        return "the answer has thousands of digits"
    if len(str(answer)) > LONGEST_ANSWER:
        return f"the answer has {len(str(answer))} characters; at most {LONGEST_ANSWER} are read"
    if data_set in FORMS and not re.fullmatch(FORMS[data_set], str(answer)):
        return "the answer has not the form of the right ones"
    return None


def _compare(task: Task, entry: Entry) -> None:
    """Raises TaskError where a task is not the one that the data set has at its place."""
    for name, own in (("problem", entry.question), ("answer", entry.answer)):
        if task.get(name) != own:
            made = str(task.get("package_version"))[:20]
            raise TaskError(
                f"{name} is not that of the data set at this place; the task says that it was made with version {made} "
                f"of reasoning-gym, and {version('reasoning-gym')} is installed"
            )


class Scorer:
    """A process that has the package, started when it is first asked, and again after one that was too slow. Threads
    may ask; one after the other is answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""

    def entry(self, place: Place) -> Entry:
        """What is there. Raises MissingExtraError without the package, and TaskError where there is no entry, or where
        it takes too long."""
        with self._lock:
            return self._entry(asdict(place))

    def score(self, place: Place, answer: str) -> tuple[Entry, float]:
        """What is there, and what the data set gives an answer to it. Raises likewise; TimeoutError where the score
        takes too long; and ValueError where there is none."""
        with self._lock:
            entry = self._entry({**asdict(place), "answer": answer})
            reply = self._reply(SCORE_SECONDS)
        if "late" in reply:
            raise TimeoutError(f"there was no score after {SCORE_SECONDS:g} s")
        if "problem" in reply:
            raise ValueError(f"the scorer of {place.data_set} failed: {reply['problem']}")
        return entry, float(reply["score"])

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process, self._unread = None, b""

    def _entry(self, request: Mapping[str, Any]) -> Entry:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _start()
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(request)}\n".encode())
        self._process.stdin.flush()
        reply = self._reply(ENTRY_SECONDS)
        if "late" in reply:
            raise TaskError(f"config: the data set makes no entry of it within {ENTRY_SECONDS:g} s")
        if "problem" in reply:
            raise TaskError(f"config: the data set makes no entry of it ({reply['problem']})")
        return Entry(reply["question"], reply["answer"])

    def _reply(self, seconds: float) -> dict[str, Any]:
        """The next line, or that there was none; the process is ended then."""
        assert self._process is not None and self._process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 2**16) if ready else b""
            if not more:
                self.close()
                return {"problem": "its process has ended"} if ready else {"late": True}
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _start() -> "subprocess.Popen[bytes]":
    """The same texts hash alike in every such process, as some data sets draw from sets of them."""
    if not installed():
        raise MissingExtraError('reasoning-gym is not installed; install it with: pip install "zeroloop[tasks]"')
    return subprocess.Popen(
        [sys.executable, "-P", str(_INSIDE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"},
    )


_shared = [Scorer()]
_of_parents: list[Scorer] = []


def scorer() -> Scorer:
    """The one of this process."""
    return _shared[0]


def _forked() -> None:
    """The process belongs to the parent, which goes on using it."""
    _of_parents.append(_shared[0])
    _shared[0] = Scorer()


os.register_at_fork(after_in_child=_forked)
atexit.register(lambda: _shared[0].close())
