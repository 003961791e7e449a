"""Answers to quadratic equations: read, and written in the ways that people use."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from zeroloop.errors import TaskError
from zeroloop.tasks import _surds as surds
from zeroloop.tasks._kinds import drawn
from zeroloop.tasks._notation import parse_number
from zeroloop.tasks._rationals import rewritten
from zeroloop.tasks._surds import Surd

_NOTHING = re.compile(
    r"none|(there (is|are) )?no( real)?( (solutions?|roots?|numbers?|values?))( exists?)?( (in|over) r)?|"
    r"(the )?empty set|(x *= *|[sl] *= *)?(∅|\{ *\}|\\emptyset|\\varnothing)"
)
_VARIABLE = re.compile(r"[xX](_?[({]?\d[)}]?)?|[SL]")
_BOTH = re.compile(r"[xX]_?[({]?\s*1\s*[,/]\s*2\s*[)}]?\s*=")
_OR = re.compile(r"\b(?:or|and)\b|[;\n∨|&]|\\(?:lor|vee)\b", re.IGNORECASE)
_DOUBLE = re.compile(r"\(?\b(?:double(?: root)?|twice|multiplicity 2|repeated)\)?$", re.IGNORECASE)
_SUBSCRIPTS = str.maketrans("₁₂", "12")


def read_answer(answer: Any) -> list[Surd] | None:
    """The solutions that an answer states; None where it says that there are none. Raises TaskError for no answer."""
    if isinstance(answer, str):
        return _stated_in_text(answer)
    if isinstance(answer, dict):
        if not answer or not all(isinstance(key, str) and len(key) < 9 and _VARIABLE.fullmatch(key) for key in answer):
            raise TaskError("answer: a mapping must have the names x, or x1 and x2")
        return _stated_in_list([part for value in answer.values() for part in _listed(value)])
    if isinstance(answer, list | tuple):
        return _stated_in_list(answer)
    return [surds.number(parse_number(answer))]


def _stated_in_list(parts: Sequence[Any]) -> list[Surd] | None:
    """The solutions of a list of numbers and texts. An empty list is no answer: "no real solution" is said in words."""
    if not 1 <= len(parts) <= 8:
        raise TaskError(f"answer: expected 1 or 2 solutions, found {len(parts)}")
    found: list[Surd] = []
    for part in parts:
        if isinstance(part, str):
            stated = _stated_in_text(part)
            if stated is None and len(parts) == 1:
                return None
            found += stated or []
        else:
            found.append(surds.number(parse_number(part)))
    if not found:
        raise TaskError("answer: no solution is stated")
    return found


def _stated_in_text(text: str) -> list[Surd] | None:
    text = re.sub(r"\\(?:text|mathrm)\s*\{([^{}]*)\}", r"\1", surds.tidy(text)).translate(_SUBSCRIPTS)
    text = text.replace("\\{", "{").replace("\\}", "}").strip().rstrip(".").strip()
    if _NOTHING.fullmatch(" ".join(text.lower().split())):
        return None
    text = re.sub(r"∈|\\in\b", "=", _BOTH.sub("x =", text))
    name, equals, rest = text.partition("=")
    if equals and _VARIABLE.fullmatch(name.strip()) and _enclosed(rest.strip()):
        text = rest.strip()
    pieces = _pieces(_OR.sub(",", text[1:-1] if _enclosed(text) else text))
    if len(pieces) > 8:
        raise TaskError(f"answer: expected 1 or 2 solutions, found {len(pieces)}")
    found: list[Surd] = []
    for piece in pieces:
        *sides, value = _DOUBLE.sub("", piece.strip()).split("=")
        if not all(_VARIABLE.fullmatch(side.strip()) for side in sides):
            raise TaskError(f"answer: expected 'x = number', not {piece[:80]!r}")
        found += surds.read_number(value)
    return found


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _enclosed(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    if len(text) < 2 or text[0] not in "({" or text[-1] not in ")}":
        return False
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if depth == 0:
            return at == len(text) - 1
    return False


def _pieces(text: str) -> list[str]:
    """Parts between commas outside of brackets."""
    pieces, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if sign == "," and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


# ---- writing ---------------------------------------------------------------------------------------------------------


def write_answer(roots: Sequence[Surd]) -> str:
    """Such as "x = 2 or x = -3/2", or "no real solution"."""
    return " or ".join(f"x = {surds.write(root)}" for root in roots) or "no real solution"


def shown(root: Surd) -> str:
    """A root in words that are not too long."""
    text = surds.write(root) if len(root.terms) <= 2 else "a sum of several roots"
    return text if len(text) < 80 else f"{text[:80]}..."


def rewritten_root(root: Surd, rng: np.random.Generator) -> str:
    """A root in one of the ways that it can be written."""
    if root.is_rational():
        value = root.rational()
        return rewritten(value, rng, f"+{value}" if value > 0 else f"({value})")
    v, (n, c) = root.rational(), root.terms[-1]
    sign = "-" if c < 0 else "+"
    under = n * c.numerator**2
    texts = [
        surds.write(root),
        surds.write(root).replace("sqrt(", "√("),
        surds.write(root).replace("*sqrt(", "sqrt(").replace("sqrt", "\\sqrt"),
        f"{v} {sign} sqrt({under})/{c.denominator}",
        f"({v}) {sign} √{under}/{c.denominator}",
        f"{sign}({under})^(1/2)/{c.denominator} + {v}",
        f"{v} {sign} sqrt({Fraction(under, c.denominator**2)})",
    ]
    return drawn(rng, texts)


def latex(a: int, b: int, c: int) -> str:
    """Both roots by the formula in LaTeX."""
    return rf"$x = \frac{{{-b} \pm \sqrt{{{b * b - 4 * a * c}}}}}{{{2 * a}}}$"


def together(a: int, b: int, c: int) -> str:
    """Both roots with one sign."""
    return f"x1,2 = ({-b} ± √{b * b - 4 * a * c})/({2 * a})"
