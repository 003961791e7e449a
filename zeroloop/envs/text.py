"""Text: write the answer to any problem, symbol by symbol."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from zeroloop.contracts import Task
from zeroloop.envs._moves import MoveListEnvironment, text_tokens
from zeroloop.errors import TaskError
from zeroloop.observers import Int16
from zeroloop.task_fields import integer, text
from zeroloop.vocabulary import ID, encode

SHORT, LONG = 32, 64
"""Characters that a text may have: SHORT, so that it says nothing about the answer, and LONG where that is longer."""
LONGEST_PROBLEM = 1_000_000
END = ""
"""The move that ends the text; the others are the characters."""
MOVES = (*map(chr, range(0x20, 0x7F)), END)
EXAMPLE: Task = {"problem": "Write the word: kiwi", "answer": "kiwi"}

_UNIMPORTANT = ("task_id", "difficulty", "solvable")
"""Fields that nothing depends on."""


class Sheet(NamedTuple):
    """What an episode has on all of its states. identity: differs for tasks that may be scored differently."""

    task: Task
    shown: str
    limit: int
    identity: str


@dataclass(frozen=True)
class Writing:
    """A text that is being written, or that has ended."""

    sheet: Sheet
    text: str
    ended: bool


def exactly(task: Task, answer: str) -> float:
    """1 for the task's `answer` as text, without the blanks around it."""
    return float(answer.strip() == str(task.get("answer")).strip())


class Text(MoveListEnvironment[Writing, str]):
    """A character is added to the text, or it ends; a text of the largest length can only end.

    score: what a text is worth as the answer to a task. There is nothing to compare an answer with but the answer, so
    that rules of their own cannot say it: a task's kind passes in its verifier.
    """

    name: ClassVar[str] = "text"
    num_actions = len(MOVES)
    num_tokens = 128

    def __init__(self, score: Callable[[Task, str], float] = exactly) -> None:
        self._score = score

    def initial_state(self, task: Task | None = None) -> Writing:
        """An empty text below `task["problem"]`. It may become as long as `max_length`, from 1 to 64, says; without it
        32 characters, or 64 where the `answer` is longer than 32.

        What is shown of the problem is its end, as much as fits: 94 characters where the text may have 32. Blanks are
        made one space each, and what is not printable ASCII a "?". Raises TaskError where the problem is no text, or
        there is no `max_length`, and the answer is longer than 64 or has characters that cannot be written.
        """
        task = EXAMPLE if task is None else task
        problem = " ".join(text(task, "problem", LONGEST_PROBLEM).split())
        limit = integer(task, "max_length", 1, LONG) if "max_length" in task else _limit(task.get("answer"))
        room = self.num_tokens - 2 - limit
        shown = "".join(sign if sign in ID else "?" for sign in problem[-room:])
        return Writing(Sheet(dict(task), shown, limit, _identity(task)), "", False)

    def list_moves(self, state: Writing) -> tuple[str, ...]:
        """All printable characters of ASCII in their order, and the end."""
        if state.ended:
            return ()
        return MOVES if len(state.text) < state.sheet.limit else (END,)

    def apply(self, state: Writing, move: str) -> Writing:
        """The text with one more character, or ended."""
        return Writing(state.sheet, state.text + move, move == END)

    def score(self, state: Writing) -> float:
        """What the task's kind says of the text."""
        return self._score(state.sheet.task, state.text)

    def key(self, state: Writing) -> tuple[str, str, int, str, bool]:
        """What is shown, and which task it is."""
        sheet = state.sheet
        return sheet.shown, sheet.identity, sheet.limit, state.text, state.ended

    def describe(self, state: Writing) -> str:
        """The problem as it is shown, and the text in quotes."""
        end = "" if state.ended else f", at most {state.sheet.limit} characters"
        return f"{state.sheet.shown}\n{json.dumps(state.text)}{end}"

    def move_name(self, state: Writing, move: str) -> str:
        """The character, "capital a" for a capital letter, "space" and "end"."""
        if move.isupper():
            return f"capital {move.lower()}"
        return {" ": "space", END: "end"}.get(move, move)

    def tokens(self, state: Writing, symmetry: int = 0) -> Int16:
        """The problem in row 0; the text in row 1, and in the column where it must end whether it has."""
        sheet = state.sheet
        tokens = text_tokens(
            [ID["text"], *encode(sheet.shown), *encode(state.text), ID["done" if state.ended else "end"]]
        )
        written = tokens[1 + len(sheet.shown) :]
        written[:, 1], written[:, 2] = 1, np.arange(len(written))
        written[-1, 2] = sheet.limit
        return tokens

    def move_tokens(self, state: Writing, move: str) -> tuple[list[int], list[int]]:
        """The character or the end, about nothing in particular."""
        return [ID[move or "end"]], []

    def answer(self, state: Writing) -> str | None:
        """The text."""
        return state.text if state.ended else None

    def move_claim(self, state: Writing, move: str) -> str:
        """Such as 'Write "k": the text is now "k".' and 'End: the text is "kiwi".', with quotes as JSON has them."""
        if move == END:
            return f"End: the text is {json.dumps(state.text)}."
        return f"Write {json.dumps(move)}: the text is now {json.dumps(state.text + move)}."


def _limit(answer: Any) -> int:
    """How long a text may become. Raises TaskError where the answer cannot be written at all."""
    if isinstance(answer, int) and answer.bit_length() > 4 * LONG:
        raise TaskError(f"answer must have at most {LONG} characters to be written")
    if not isinstance(answer, str | int | float):
        return SHORT
    wanted = str(answer).strip()
    if len(wanted) > LONG:
        raise TaskError(f"answer has {len(wanted)} characters; at most {LONG} can be written")
    if wrong := [sign for sign in wanted if sign not in ID]:
        raise TaskError(f"answer has {wrong[0]!r}; only printable ASCII can be written")
    return SHORT if len(wanted) <= SHORT else LONG


def _identity(task: Task) -> str:
    try:
        fields = sorted((str(name), repr(value)) for name, value in task.items() if name not in _UNIMPORTANT)
        return hashlib.blake2b(repr(fields).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, or lists within lists
        raise TaskError(f"the task has a field that cannot be written down: {error}") from None


def environment(score: Callable[[Task, str], float] = exactly) -> Text:
    """Problems whose answer is a text. score: what a text is worth; by default, whether it is the answer exactly."""
    return Text(score)
