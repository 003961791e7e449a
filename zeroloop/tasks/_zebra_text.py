"""Sentences of zebra puzzles: items to choose from, clues in varied English, and the puzzle as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zeroloop.envs._constraint_forms import person
from zeroloop.tasks._kinds import drawn

ITEMS = {
    "name": ("Alba", "Bruno", "Chloe", "Dario", "Emil", "Freya", "Goran", "Hana", "Ivo", "Jana"),
    "colour": ("red", "green", "blue", "white", "yellow", "grey", "black", "pink"),
    "pet": ("cat", "dog", "owl", "fox", "hamster", "parrot", "rabbit", "turtle"),
    "drink": ("tea", "coffee", "milk", "juice", "water", "cocoa", "lemonade", "cider"),
    "instrument": ("piano", "flute", "violin", "drum", "harp", "guitar", "cello", "trumpet"),
    "job": ("baker", "doctor", "pilot", "tailor", "farmer", "judge", "nurse", "painter"),
}
"""By attribute. Everybody may have any of them: nothing follows from what is known of the world."""

_PREDICATES = {
    "name": ("is {}", "is not {}"),
    "colour": ("owns the {} house", "does not own the {} house"),
    "pet": ("has the {}", "does not have the {}"),
    "drink": ("drinks {}", "does not drink {}"),
    "instrument": ("plays the {}", "does not play the {}"),
    "job": ("is the {}", "is not the {}"),
}
_EACH = {
    "name": "Their names are {}.",
    "colour": "The houses have the colours {}.",
    "pet": "Their pets are {}.",
    "drink": "They drink {}.",
    "instrument": "They play {}.",
    "job": "They are {} by profession.",
}
_ARTICLES = {"pet": "the {}", "instrument": "the {}", "job": "the {}"}
_CLUES = {
    "at": ("{a} lives in house {n}", "in house {n} lives {a}"),
    "not_at": ("{a} does not live in house {n}", "house {n} is not that of {a}"),
    "next_to": ("{a} lives next to {b}", "{b} lives next to {a}", "{a} and {b} are neighbours"),
    "left_of": ("{a} lives somewhere to the left of {b}", "{b} lives somewhere to the right of {a}"),
    "just_left_of": ("{a} lives directly to the left of {b}", "{b} lives directly to the right of {a}"),
}


def statement(
    houses: int, attributes: Mapping[str, Sequence[str]], clues: Sequence[Sequence[Any]], rng: np.random.Generator
) -> str:
    """The whole puzzle; items are listed in alphabetical order, which says nothing of where they are."""
    each = [
        _EACH[attribute].format(_listed([_ARTICLES.get(attribute, "{}").format(item) for item in sorted(items)]))
        for attribute, items in attributes.items()
    ]
    lines = [f"{number}. {clue_text(attributes, clue, rng)}" for number, clue in enumerate(clues, 1)]
    return (
        f"{houses} houses stand in a row, numbered 1 to {houses} from left to right, with one person in each. "
        f"{' '.join(each)} No two have the same. There is one solution.\n\n" + "\n".join(lines) + "\n\n"
        f"In which house is each of them? Answer with the number of the house for every {_listed([*attributes])}, "
        f"such as '{next(iter(attributes.values()))[0]}: {houses}'."
    )


def clue_text(attributes: Mapping[str, Sequence[str]], clue: Sequence[Any], rng: np.random.Generator) -> str:
    """A clue as a sentence, in one of several wordings."""
    relation, item, other = clue
    attribute_of = {each: attribute for attribute, items in attributes.items() for each in items}
    a = person(attribute_of[item], item)
    if relation in ("at", "not_at"):
        text = drawn(rng, _CLUES[relation]).format(a=a, n=other)
    elif relation in _CLUES:
        text = drawn(rng, _CLUES[relation]).format(a=a, b=person(attribute_of[other], other))
    else:
        first, second = (item, other) if rng.integers(2) else (other, item)
        predicate = _PREDICATES[attribute_of[second]][relation == "different"]
        text = f"{person(attribute_of[first], first)} {predicate.format(second)}"
    return f"{text[0].upper()}{text[1:]}."


def _listed(words: Sequence[str]) -> str:
    """Such as "cat, dog and owl"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
