"""Data sets of the package reasoning-gym: whether their scorers accept wrong answers, which decides what is judged here
(decision 0028), and their verdicts a second beside ours. Needs the extra `tasks`."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np

from zeroloop.seeding import stream
from zeroloop.tasks import kinds
from zeroloop.tasks._reasoning_gym import FORMS, Entry, Place, entry_place, installed, scorer
from zeroloop.tasks._reasoning_gym_table import JUDGED, REFUSED

PAIRS = {
    "chain_sum": "calculate",
    "countdown": "countdown",
    "simple_equations": "equation",
    "polynomial_equations": "quadratic",
    "sudoku": "sudoku",
    "graph_color": "graph_colouring",
    "zebra_puzzles": "zebra",
    "sokoban": "sokoban",
}
"""Data sets, and kinds of ours that ask for much the same."""
UNORDERED = ("polynomial_equations", "prime_factorization")
"""Those whose answers are the same in any order."""
NOTHING = ("", " ", "0", "1", "None", "True", "False", "{}", "[]", "[[]]", "x", "nan", "inf", "1e999", "-1", "no")
"""What is no answer, or to everything the same."""


def run(quick: bool = False) -> dict[str, Any]:
    """By data set and by pair."""
    if not installed():
        return {"left out": 'reasoning-gym is not installed: pip install "zeroloop[tasks]"'}
    names = ["chain_sum", "kakurasu", "coin_flip"] if quick else [*JUDGED, *REFUSED]
    pairs = {"chain_sum": "calculate"} if quick else PAIRS
    return {
        "data sets": {name: examined(name, 2 if quick else 15) for name in names if name != "composite"},
        "beside ours": {name: beside(name, kind, 10 if quick else 2_000) for name, kind in pairs.items()},
    }


# ---- what scorers accept ---------------------------------------------------------------------------------------------


def examined(name: str, count: int) -> dict[str, Any]:
    """Of `count` entries of a data set: own answers that are not accepted; of answers that are nearly the own ones or
    other entries', those that are accepted, which are wrong but where several are right, and the largest credit that
    others get; those that make the scorer fail or take too long."""
    places = [entry_place(1, name, number, {}) for number in range(count)]
    found: dict[str, Any] = {"judged as": JUDGED.get(name, "refused"), "own refused": 0, "answers": 0, "accepted": 0}
    found |= {"credit": 0.0, "failures": 0, "too slow": 0, "for example": ""}
    entries = [scorer().entry(place) for place in places]
    known = [entry.answer for entry in entries if entry.answer is not None]
    for number, (place, entry) in enumerate(zip(places, entries, strict=True)):
        if entry.answer is None:
            continue
        found["own refused"] += _score(place, entry.answer) != 1
        for answer in near(entry.answer, known, stream(number, "near", name), name in UNORDERED):
            _note(found, place, entry, answer)
    return found


def _note(found: dict[str, Any], place: Place, entry: Entry, answer: str) -> None:
    found["answers"] += 1
    try:
        score = _score(place, answer)
    except ValueError:
        found["failures"] += 1
    except TimeoutError:
        found["too slow"] += 1
    else:
        if score == 1:
            found["accepted"] += 1
            found["for example"] = f"{answer[-60:]!r} for {str(entry.answer)[-60:]!r}"
        else:
            found["credit"] = max(found["credit"], round(score, 3))


def _score(place: Place, answer: str) -> float:
    """Of the data set, for what has the form of an answer."""
    form = FORMS.get(place.data_set)
    return scorer().score(place, answer)[1] if form is None or re.fullmatch(form, answer) else 0.0


def near(own: str, known: Sequence[str], rng: np.random.Generator, unordered: bool = False) -> Iterator[str]:
    """Answers that are not the same as the own one: other entries', digits, letters, words and lines changed, left out,
    exchanged and doubled, and the own one within other things."""
    others = [known[int(i)] for i in rng.permutation(len(known))[:6]]
    made = [*others, *NOTHING, *_changed(own, rng), own[:-1], own[: len(own) // 2], own[1:], own * 2, f"{own} {own}"]
    for part in (" ", "\n", ", "):
        made += _rearranged(own, part, rng)
    for other in others[:2]:
        made += [f"{own} or {other}", f"{other} or {own}", f"{own}, {other}", f"{own}\n{other}"]
    made += [f"The answer is {own}", f"not {own}", f"{own}!", f'"{own}"', f"[{own}]", f"{own[:-1]}, 0{own[-1:]}"]
    value: Callable[[str], Any] = (lambda text: sorted(_value(text), key=str)) if unordered else _value
    return (each for each in dict.fromkeys(made) if value(each) != value(own))


def _changed(own: str, rng: np.random.Generator) -> Iterator[str]:
    """With one sign changed, left out or added."""
    digits = [match.start() for match in re.finditer(r"\d", own)]
    for at in {digits[0], digits[-1], int(rng.choice(digits))} if digits else ():
        for step in (1, 9, int(rng.integers(2, 9))):
            yield f"{own[:at]}{(int(own[at]) + step) % 10}{own[at + 1 :]}"
        yield f"{own[: at + 1]}{int(rng.integers(1, 10))}{own[at + 1 :]}"
        yield f"{own[:at]}-{own[at:]}"
        yield f"{own[:at]}{own[at + 1 :]}"
    letters = [match.start() for match in re.finditer(r"[^\W\d_]", own)]
    for at in rng.choice(letters, 3) if letters else ():
        other = "abcdexyz"[int(rng.integers(8))]
        yield f"{own[:at]}{other.upper() if own[at].isupper() else other}{own[at + 1 :]}"
        yield f"{own[:at]}{own[at + 1 :]}"


def _rearranged(own: str, mark: str, rng: np.random.Generator) -> Iterator[str]:
    """With parts exchanged, left out and repeated."""
    parts = own.split(mark)
    if len(parts) > 1:
        i, j = (int(each) for each in rng.choice(len(parts), 2, replace=False))
        yield mark.join(parts[:i] + parts[i + 1 :])
        yield mark.join([*parts, parts[i]])
        parts[i], parts[j] = parts[j], parts[i]
        yield mark.join(parts)


def _value(text: str) -> Any:
    """What a text says, without capitals, blanks, and other ways to write the same numbers; lists are in order."""
    with contextlib.suppress(ValueError, RecursionError):
        if not isinstance(found := _sorted(json.loads(text.replace("'", '"'))), int | float):
            return found
    text = re.sub(r"-(?=0+(\.0*)?(?![\d.]))|[,.](?!\d)|[$]", " ", text.casefold())
    return [
        Fraction(part) if part[0].isdigit() else part.removeprefix("d")
        for part in re.findall(r"\d+(?:\.\d+)?|[^\W\d]+|[^\w\s]", text)
    ]


def _sorted(found: Any) -> Any:
    if isinstance(found, list):
        return sorted(map(_sorted, found), key=repr)
    return found


# ---- theirs beside ours ----------------------------------------------------------------------------------------------


def beside(name: str, kind_name: str, answers: int) -> dict[str, float]:
    """Over as many right and wrong answers to a hundred tasks each, in this process: verdicts a second of the processor
    and the shares of right ones refused and of wrong ones accepted. Theirs are asked without the bridge's process."""
    import reasoning_gym

    count = min(100, answers)
    (kind,) = (each for each in kinds() if each.name == kind_name)
    rng = stream(1, "beside", kind_name)
    tasks = [kind.make(rng, difficulty) for difficulty in np.linspace(0, 1, count)]
    each = answers // count
    right = [(task, answer) for task in tasks for answer in islice(kind.notations(task, rng), each)]
    wrong = [(task, answer) for task in tasks for answer in islice(kind.near_misses(task, rng), each)]
    ours = _timed(lambda task, answer: kind.verify(task, answer).verdict == "correct", right, wrong)

    data_set = reasoning_gym.create_dataset(name, seed=1, size=count)
    entries = [(entry, entry_answer(entry)) for entry in (data_set[i] for i in range(count))]
    known = [own for _, own in entries]
    right = [(entry, own) for entry, own in entries for _ in range(each)]
    wrong = [
        (entry, answer)
        for number, (entry, own) in enumerate(entries)
        for answer in _drawn(near(own, known, stream(number, "beside", name), name in UNORDERED), each, rng)
        if not _is_colouring(entry, answer)
    ]
    theirs = _timed(lambda entry, answer: data_set.score_answer(answer, entry) == 1, right, wrong)
    return {f"ours, {key}": value for key, value in ours.items()} | {
        f"theirs, {key}": value for key, value in theirs.items()
    }


def _drawn(answers: Iterator[str], count: int, rng: np.random.Generator) -> list[str]:
    """So many of them, at random."""
    every = [*answers]
    return [every[int(i)] for i in rng.choice(len(every), count)]


def _is_colouring(entry: dict[str, Any], answer: str) -> bool:
    """Whether an answer colours the graph of an entry, as others than the own one may."""
    puzzle = entry["metadata"].get("puzzle", {})
    try:
        colours = json.loads(answer) if "color_options" in puzzle else None
        return colours is not None and all(colours[str(a)] != colours[str(b)] for a, b in puzzle["edges"])
    except (ValueError, LookupError, TypeError):
        return False


def entry_answer(entry: dict[str, Any]) -> str:
    """A right answer to an entry."""
    answer = entry["answer"]
    return answer if answer is not None else json.dumps(entry["metadata"]["possible_answer"])


def _timed(
    accepts: Callable[[Any, Any], bool], right: list[tuple[Any, Any]], wrong: list[tuple[Any, Any]]
) -> dict[str, float]:
    accepts(*right[0])
    start = time.process_time()
    refused = sum(not _accepted(accepts, *each) for each in right)
    accepted = sum(_accepted(accepts, *each) for each in wrong)
    seconds = time.process_time() - start
    return {
        "verdicts/s": (len(right) + len(wrong)) / seconds,
        "answers": len(right) + len(wrong),
        "right refused": refused / len(right),
        "wrong accepted": accepted / len(wrong),
    }


def _accepted(accepts: Callable[[Any, Any], bool], problem: Any, answer: Any) -> bool:
    """Scorers that raise do not accept."""
    try:
        return accepts(problem, answer)
    except Exception:
        return False
