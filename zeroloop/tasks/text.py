"""Text: any problem whose answer is a text or a number, compared exactly or by a verifier of the author's."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from zeroloop.contracts import Solution, SolvingEnvironment, Task, Verdict
from zeroloop.errors import SettingError, TaskError
from zeroloop.task_fields import text
from zeroloop.tasks import _reasoning_gym
from zeroloop.tasks._kinds import Kind, correct, endless, wrong
from zeroloop.tasks.calculate import read_number

Verifier: TypeAlias = Callable[[Task, Any], Verdict]
"""The verdict on an answer to a task."""

LONGEST_PROBLEM = 1_000_000
LONGEST_ANSWER = 10_000
LONGEST_NUMBER = 1_000
"""Bits of a whole number that is an answer, at most."""

EASY = 0.3
"""The difficulty below which the length of a text is limited to that of the answer."""

_VOWELS, _CONSONANTS = "aeiou", "bdfgklmnprstvz"
_CODE = re.compile(r"[+-]?0[0-9]")
"""What begins like this is a code, in which zeros count, and not a number."""

_verifiers: dict[str, Verifier] = {_reasoning_gym.TYPE: _reasoning_gym.verdict}
_lock = threading.Lock()


def register_verifier(task_type: str, verifier: Verifier | None) -> None:
    """Tasks of this `type` that are of the kind "text" are verified by `verifier` from now on; None takes it back.

        def any_prime_below_100(task, answer):
            right = str(answer).strip() in PRIMES
            return Verdict("correct" if right else "wrong", float(right), f"{answer!r} was looked up")

        register_verifier("prime", any_prime_below_100)

    Threads may call this; of several calls for one type the last one counts. The verifier is given the task, in which
    `answer` may be missing or anything, and any answer; in an episode that is a text. It must always say the same of
    the same, and end: it is called in this process, and nothing stops it. What it raises, and what it returns that is
    no Verdict with a score in [0, 1], becomes the verdict "error".
    Raises SettingError for a type that is no text and a verifier that cannot be called.
    """
    if not isinstance(task_type, str) or not task_type:
        raise SettingError(f"task_type must be the `type` of tasks, not {task_type!r}")
    if verifier is not None and not callable(verifier):
        raise SettingError(f"verifier must be a function of a task and an answer, not {verifier!r}")
    with _lock:
        if verifier is None:
            _verifiers.pop(task_type, None)
        else:
            _verifiers[task_type] = verifier


class Statement(NamedTuple):
    """What a task asks. number: the value of an expected answer that is a number. With a verifier of the author's
    nothing is expected."""

    task: Task
    verifier: Verifier | None
    expected: str
    number: Fraction | None


class Text(Kind):
    """Dial: words of 1 to 12 letters to copy, then also to write in capitals, backwards, or sorted.

    Tasks of any `type` are of this kind where they name it, or no kind at all. Answers are the same text, without the
    blanks around it, or numbers of the same value.
    """

    name = "text"
    family = "custom"
    type = "custom"
    environment_name = "text"

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. Words are pronounceable, and mean nothing. Easy tasks leave no room for more than the word, so
        that a search that knows nothing finds some."""
        letters = 1 + round(11 * difficulty)
        word = "".join(
            (_CONSONANTS, _VOWELS)[place % 2][int(rng.integers((len(_CONSONANTS), len(_VOWELS))[place % 2]))]
            for place in range(letters)
        )
        forms = {
            "Write the word": word,
            "Write in capitals": word.upper(),
            "Spell backwards": word[::-1],
            "Sort the letters": "".join(sorted(word)),
        }
        form = [*forms][int(rng.integers(1 + min(3, int(4 * difficulty))))]
        return {
            "type": self.type,
            "kind": self.name,
            "difficulty": difficulty,
            "problem": f"{form}: {word}",
            "answer": forms[form],
            **({"max_length": letters} if difficulty < EASY else {}),
        }

    def environment_options(self, task: Task) -> dict[str, Any]:
        """The verifier."""
        return {"score": Verified()}

    def environment(self, task: Task) -> SolvingEnvironment:
        """See TaskKind."""
        self.read(task)
        return super().environment(task)

    def read(self, task: Task) -> Statement:
        """The problem, and the answer that is expected where the author registered no verifier."""
        text(task, "problem", LONGEST_PROBLEM)
        kind = task.get("type")
        verifier = _verifiers.get(kind) if isinstance(kind, str) else None
        if verifier is not None:
            return Statement(task, verifier, "", None)
        expected = _expected(task)
        return Statement(task, None, expected, _value(expected))

    def judge(self, problem: Statement, answer: Any) -> Verdict:
        """That it is the expected text or number, or what the author's verifier says."""
        if problem.verifier is not None:
            return _author_verdict(problem.verifier, problem.task, answer)
        if isinstance(answer, str) and answer.strip() == problem.expected:
            return correct(evidence="the text that was expected")
        if problem.number is None:
            return wrong("not the text that was expected")
        if read_number(answer) != problem.number:
            return wrong("not the number that was expected")
        return correct(evidence="a number of the value that was expected")

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The expected answer, character by character; None where an author's verifier refuses it."""
        problem = self.read(task)
        try:
            expected = _expected(task)
        except TaskError:
            return None
        if problem.verifier is not None and self.judge(problem, expected).verdict != "correct":
            return None
        steps = (*map(_step, expected), "end")
        return Solution(expected, steps if _can_be_written(expected) else (), len(steps), len(steps))

    def structure(self, task: Task) -> str:
        """The problem in small letters, with one space for blanks."""
        return " ".join(text(task, "problem", LONGEST_PROBLEM).lower().split())

    def check_chain(self, task: Task, claims: Sequence[str]) -> str | None:
        """Each sentence is 'Write "k": the text is now "k".', and the last one 'End: the text is "kiwi".'."""
        written = ""
        for number, claim in enumerate(claims, 1):
            if number == len(claims):
                if claim != f"End: the text is {json.dumps(written)}.":
                    return f"not the end of the text {written!r}: {claim[:200]!r}"
                verdict = self.verify(task, written)
                return None if verdict.verdict == "correct" else f"{written!r} does not solve the task"
            sign = _read_sign(claim)
            if sign is None:
                return f"not readable: {claim[:200]!r}"
            written += sign
            if claim != f"Write {json.dumps(sign)}: the text is now {json.dumps(written)}.":
                return f"not true, as the text is now {written!r}: {claim[:200]!r}"
        return "the text does not end"

    def notations(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """The answer with blanks around it, and in other notations where it is a number."""
        problem = self.read(task)
        shown, value = problem.expected, problem.number
        makers: list[Callable[[], Any]] = [
            lambda: task["answer"],
            lambda: shown,
            lambda: f" {shown}\n",
            lambda: f"\t{shown}  ",
        ]
        if value is not None:
            makers += [lambda: f"{value.numerator} / {value.denominator}", lambda: str(value).replace("-", "−")]
        if value is not None and value.denominator == 1:
            makers += [lambda: int(value), lambda: f"{value}.0"]
        return endless(*makers, rng=rng)

    def near_misses(self, task: Task, rng: np.random.Generator) -> Iterator[Any]:
        """Texts with a character too many, too few, or another one, and the answer within other things."""
        shown = self.read(task).expected

        def changed() -> str:
            at = int(rng.integers(len(shown)))
            return f"{shown[:at]}{'aeiz0189'[int(rng.integers(8))]}{shown[at + 1 :]}"

        def quoted() -> str:
            return [f'"{shown}"', f"{shown}.", f"The answer is {shown}", f"{shown} {shown}", ""][int(rng.integers(5))]

        texts: list[Callable[[], str]] = [
            changed,
            quoted,
            lambda: f"{shown}{'aeiz0189'[int(rng.integers(8))]}",
            lambda: f"{'aeiz0189'[int(rng.integers(8))]}{shown}",
            lambda: shown[:-1],
            lambda: shown[::-1],
            shown.swapcase,
        ]

        def wrong_text() -> str:
            """One of them, or something else where it is right by chance, as "kk" backwards and "4." are."""
            found = texts[int(rng.integers(len(texts)))]()
            return f"{shown}!" if self.verify(task, found).verdict == "correct" else found

        return endless(
            wrong_text,
            wrong_text,
            wrong_text,
            lambda: [[shown], {"answer": shown}, None, True, list(shown), shown.encode()][int(rng.integers(6))],
            rng=rng,
        )


def _expected(task: Task) -> str:
    """The `answer` as text. Raises TaskError where it is no text and no number, empty, or too long."""
    answer = task.get("answer")
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        expected = text(task, "answer", LONGEST_ANSWER).strip()
        if not expected:
            raise TaskError("answer must not be empty")
        return expected
    if isinstance(answer, float):
        if answer - answer != 0:
            raise TaskError(f"answer must be text or a finite number, not {answer!r}")
        return repr(answer)
    if answer.bit_length() > LONGEST_NUMBER:
        raise TaskError(f"answer has {answer.bit_length()} bits; at most {LONGEST_NUMBER} are read")
    return str(answer)


def _value(expected: str) -> Fraction | None:
    """The value of a text that is a number."""
    if _CODE.match(expected):
        return None
    try:
        return read_number(expected)
    except TaskError:
        return None


def _author_verdict(verifier: Verifier, task: Task, answer: Any) -> Verdict:
    """What an author's verifier says, or that it failed."""
    try:
        found = verifier(task, answer)
        verdict, score, evidence = found
        if verdict not in ("correct", "wrong", "error", "timeout") or not 0 <= score <= 1:
            return Verdict("error", 0.0, f"the registered verifier returned {str(found)[:200]}, which is no verdict")
        return Verdict(verdict, float(score) if verdict == "correct" else 0.0, str(evidence))
    except Exception as error:
        return Verdict("error", 0.0, f"the registered verifier failed: {type(error).__name__}: {str(error)[:200]}")


@dataclass(frozen=True)
class Verified:
    """What a text is worth in an episode: the score of its verdict. No plain function, as environments are told apart
    by the text of their options, which must be the same in every process."""

    def __call__(self, task: Task, answer: str) -> float:
        return Text().verify(task, answer).score


def _can_be_written(expected: str) -> bool:
    return len(expected) <= 64 and expected.isascii() and expected.isprintable()


def _step(sign: str) -> str:
    """What the move of writing a character is called."""
    if "A" <= sign <= "Z":
        return f"capital {sign.lower()}"
    return "space" if sign == " " else sign


def _read_sign(claim: str) -> str | None:
    """The character that a sentence says is written; None where it says none."""
    try:
        sign, _ = json.JSONDecoder().raw_decode(claim.removeprefix("Write "))
    except (ValueError, RecursionError):
        return None
    return sign if isinstance(sign, str) and len(sign) == 1 else None


def kind() -> Text:
    """Tasks that name no kind."""
    return Text()
