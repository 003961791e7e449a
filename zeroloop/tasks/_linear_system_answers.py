"""Answers to linear systems: read, and written in the ways that people use."""

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from zeroloop.errors import TaskError
from zeroloop.tasks._linear_system_rows import Family, Vector
from zeroloop.tasks._notation import (
    Expression,
    Negation,
    Operation,
    evaluate,
    names,
    parse_equation,
    parse_expression,
    parse_number,
    plain,
)
from zeroloop.tasks._rationals import sum_of, write_number

VARIABLES = "xyzw"

_NOTHING = re.compile(r"none|(there (is|are) )?no solutions?( exists?)?|inconsistent|(the )?empty set|∅|\{ *\}")
_OR = re.compile(r"\b(?:and)\b|[;\n&∧]", re.IGNORECASE)

Form: TypeAlias = dict[str, Fraction]
"""Coefficients of names; of "" is the constant."""


def read_answer(answer: Any, count: int) -> Family | None:
    """The solutions that an answer states; None where it says that there are none. Raises TaskError for no answer."""
    if isinstance(answer, str):
        return _stated_in_text(plain(answer), count)
    if isinstance(answer, list | tuple):
        return Family(_vector(answer, count), [])
    if not isinstance(answer, dict):
        raise TaskError(f"answer: expected a mapping of the unknowns, a list or text, not {type(answer).__name__}")
    if set(answer) == {"particular", "null_space"}:
        basis = answer["null_space"]
        if not isinstance(basis, list | tuple) or len(basis) > 4:
            raise TaskError("answer: null_space must be a list of at most 4 vectors")
        return Family(_vector(answer["particular"], count), [_vector(vector, count) for vector in basis])
    if not answer or not set(answer) <= set(VARIABLES[:count]):
        raise TaskError(f"answer: a mapping must have the unknowns {', '.join(VARIABLES[:count])}")
    forms = {}
    for name, value in answer.items():
        forms[name] = _form(parse_expression(value)) if isinstance(value, str) else {"": parse_number(value)}
    return _family(forms, count)


def _vector(values: Any, count: int) -> Vector:
    if not isinstance(values, list | tuple) or len(values) != count:
        raise TaskError(f"answer: expected a list of {count} numbers")
    return [parse_number(value) for value in values]


def _stated_in_text(text: str, count: int) -> Family | None:
    text = text.rstrip(".").strip()
    if _NOTHING.fullmatch(" ".join(text.lower().split())):
        return None
    point, together = text, f"({','.join(VARIABLES[:count])})="
    if "".join(text.split()).startswith(together):
        point = text.partition("=")[2].strip()
    if "=" not in point:
        inner = point[1:-1] if point[:1] in ("(", "{") and point[-1:] in (")", "}") and "," in point else point
        return Family(_vector(inner.split(","), count), [])
    forms: dict[str, Form] = {}
    for piece in _OR.sub(",", text).split(","):
        name, right = parse_equation(piece)
        if not isinstance(name, str) or name not in VARIABLES[:count] or name in forms:
            raise TaskError(f"answer: expected each unknown once, as in 'x = 1/2', not {piece.strip()[:80]!r}")
        forms[name] = _form(right)
    return _family(forms, count)


def from_json(text: str) -> Any:
    """The value of a text whose square brackets have become round ones, as those of expressions are."""
    try:
        return json.loads(text.replace("(", "[").replace(")", "]"))
    except (ValueError, RecursionError):
        raise TaskError(f"answer: not readable: {text[:80]!r}") from None


def _form(tree: Expression) -> Form:
    """A linear expression. Raises TaskError for others."""
    if isinstance(tree, Fraction):
        return {"": tree}
    if isinstance(tree, str):
        return {tree: Fraction(1)}
    if isinstance(tree, Negation):
        return _times(_form(tree.inner), Fraction(-1))
    left, right = _form(tree.left), _form(tree.right)
    if tree.operator in "+-":
        sign = 1 if tree.operator == "+" else -1
        return {name: left.get(name, Fraction(0)) + sign * right.get(name, Fraction(0)) for name in {**left, **right}}
    if tree.operator == "*" and names(tree.left):
        left, right = right, left
    factor = evaluate(Operation("/", Fraction(1), tree.right)) if tree.operator == "/" else left.get("", Fraction(0))
    if tree.operator == "/":
        return _times(left, factor)
    if set(left) - {""}:
        raise TaskError("answer: a product of unknowns or parameters")
    return _times(right, factor)


def _times(form: Form, factor: Fraction) -> Form:
    return {name: factor * number for name, number in form.items()}


def _family(forms: dict[str, Form], count: int) -> Family:
    """Points and directions of unknowns that are given by parameters; an unknown without a form is one itself."""
    variables = VARIABLES[:count]
    free = [name for name in variables if forms.get(name, {name: 1}) == {name: 1}]
    given = {name: form for name, form in forms.items() if name not in free}
    used = sorted({name for form in given.values() for name in form if name and name not in variables})
    if len(used) > 4:
        raise TaskError(f"answer: {len(used)} parameters are too many")
    if any(name in given for form in given.values() for name in form):
        raise TaskError("answer: give each unknown by numbers and parameters, not by other given unknowns")
    zero = Fraction(0)
    point = [given[name].get("", zero) if name in given else zero for name in variables]
    basis = [
        [given[name].get(free_name, zero) if name in given else Fraction(int(name == free_name)) for name in variables]
        for free_name in [*free, *used]
    ]
    return Family(point, basis)


# ---- writing ---------------------------------------------------------------------------------------------------------


def write_answer(family: Family | None, write: Callable[[Fraction], Any] = write_number) -> Any:
    """In the form that the environment gives, or with numbers written in another way."""
    if family is None:
        return "no solution"
    point = list(map(write, family.point))
    if not family.basis:
        return dict(zip(VARIABLES, point, strict=False))
    return {"particular": point, "null_space": [list(map(write, vector)) for vector in family.basis]}


def other_basis(family: Family, rng: np.random.Generator) -> Family:
    """The same solutions from another point, with other directions."""
    first, *others = family.basis
    scale, shift = Fraction(int(rng.integers(1, 4))), Fraction(int(rng.integers(-3, 4)))
    point = [p + shift * v for p, v in zip(family.point, first, strict=True)]
    changed = [[v + scale * u for u, v in zip(first, other, strict=True)] for other in others]
    return Family(point, [*changed, [-scale * v for v in first]])


def parametric(family: Family, bare: bool = False) -> list[str]:
    """One expression with the parameters r, s, t for each unknown, with its name before it unless `bare`."""
    found = []
    for i, variable in enumerate(VARIABLES[: len(family.point)]):
        pairs = zip("rst", family.basis, strict=False)
        text = sum_of([str(family.point[i]), *(f"{vector[i]}*{name}" for name, vector in pairs if vector[i])])
        found.append(text if bare else f"{variable} = {text}")
    return found
