"""Which productions fill which holes; programs read from Python and printed again; one form of equal programs."""

import itertools

import pytest

from zeroloop.errors import TaskError
from zeroloop.programs import python
from zeroloop.programs.canonical import canonical
from zeroloop.programs.interpreter import evaluator
from zeroloop.programs.language import MOST_BROUGHT, language
from zeroloop.programs.named import named_functions
from zeroloop.programs.random_programs import random_case, random_value
from zeroloop.programs.reader import read, read_with_names
from zeroloop.programs.rules import FEATURES, RULES, SYMBOL, statement_rules
from zeroloop.programs.terms import BLOCK, BODY, LEAST, STEPS, Function, Hole, Production, read_signature
from zeroloop.programs.values import FailedError
from zeroloop.seeding import stream
from zeroloop.vocabulary import SIZE, SYMBOLS

CASES = [random_case(stream(number, "language"), f"f{number}", 4) for number in range(120)]
"""Random programs, the same in all tests of this file."""


def spoken(signature, *features, constants=(0, 1, 2), helpers=()):
    return language(read_signature(signature), constants, features, helpers)


def in_turn(term, start):
    """Each production with the hole that it fills, and those that are left."""
    holes = [*reversed(start)]
    for number, production in enumerate(term):
        hole = holes.pop()
        yield number, production, hole, holes
        holes += reversed(production.holes)


def test_every_rule_has_a_symbol_of_its_own_and_the_vocabulary_has_room():
    for rules in (*RULES.values(), *(list(statement_rules(kind, "int")) for kind in (BLOCK, STEPS, BODY))):
        symbols = [SYMBOL[rule.op] for rule in rules]
        assert len(set(symbols)) == len(symbols)
        assert all(not rule.feature or rule.feature in FEATURES for rule in rules)
    assert len(SYMBOLS) <= SIZE and len(set(SYMBOLS)) == len(SYMBOLS)


def test_what_is_offered_can_be_finished_in_the_room_that_is_left():
    """The smallest way to fill any hole takes what LEAST says, with every feature or none."""
    for features in ((), FEATURES):
        known = spoken("def f(a: int, numbers: list[int], text: str) -> list[str]", *features)
        for hole in _holes(known):
            least = LEAST.get(hole.type, 1)
            assert known.moves(hole, False, least - 1), f"{hole} cannot be filled"
            for production, room in itertools.product(known.moves(hole, False, MOST_BROUGHT), range(MOST_BROUGHT)):
                assert (production in known.moves(hole, False, room)) == (production.least <= room)


def _holes(known):
    """Holes of every type that come up two levels deep."""
    found = {*known.start}
    for _ in range(2):
        found |= {each for hole in found for move in known.moves(hole, False, MOST_BROUGHT) for each in move.holes}
    return found


def test_productions_of_a_hole_have_names_and_symbols_of_their_own():
    known = spoken("def f(a: int, numbers: list[int], text: str) -> int", *FEATURES, constants=(0, 1, 2, -1, "ab"))
    for hole in _holes(known):
        moves = known.moves(hole, False, MOST_BROUGHT)
        assert len({move.name for move in moves}) == len(moves) == len({move.symbols for move in moves})
        assert all(move.name == move.name.lower() and len(move.symbols) <= 6 for move in moves)
        assert len(moves) <= 64


def test_features_offer_what_they_are_about_and_nothing_else_does():
    for feature in FEATURES:
        without = spoken("def f(a: int, text: str) -> int", *(each for each in FEATURES if each != feature))
        rules = [
            rule.op
            for kind in (BODY, *RULES)
            for rule in (*RULES.get(kind, ()), *statement_rules(kind, "int"))
            if rule.feature == feature
        ]
        offered = {move.op for hole in _holes(without) for move in without.moves(hole, False, MOST_BROUGHT)}
        assert offered.isdisjoint(rules)
    assert spoken("def f(a: int) -> int").start[0].type == "int"
    assert spoken("def f(a: int) -> int", "let").start[0].type == BLOCK


def test_unknown_features_and_too_many_helpers_are_refused():
    with pytest.raises(TaskError, match=r"features: 'lop'.*loop"):
        spoken("def f(a: int) -> int", "lop")
    helpers = [read_signature(f"def g{number}(a: int) -> int") for number in range(4)]
    with pytest.raises(TaskError, match="helpers: at most 3"):
        spoken("def f(a: int) -> int", helpers=helpers)


def test_names_are_given_once_in_a_scope_and_are_no_parameters():
    for case in CASES:
        parameters = {each.name for each in case.function.signature.parameters}
        for part in case.function.term:
            for hole in part.holes:
                names = [variable.name for variable in hole.scope]
                assert len(set(names)) == len(names) and parameters.isdisjoint(names)


def test_printed_programs_are_read_again():
    """The text may be that of two terms that do the same, such as of loops that count and loops over a range."""
    same = 0
    for case in CASES:
        known, term = case.spoken, case.function.term
        again = read(known, "\n".join(python.body_lines(term)))
        lines = python.body_lines(again)
        assert read(known, "\n".join(lines)) == again
        if not any(text in python.source(case.function) for text in ("[]", "{}", "in range")):
            assert lines == python.body_lines(term)  # (the name of what a loop binds tells what it goes over)
            same += 1
    assert same > 25


@pytest.mark.parametrize("name", named_functions())
def test_names_of_variables_may_be_any_in_what_is_read(name):
    """What is read has those of the language, and does the same; the references keep their own."""
    named = named_functions()[name]
    text = "\n".join(python.body_lines(named.function.term))
    known = language(
        named.function.signature, named.constants, named.features, [each.signature for each in named.helpers]
    )
    term = read(known, text)
    assert [part.symbols for part in term] == [part.symbols for part in named.function.term]
    assert "\n".join(python.body_lines(read_with_names(known, text))) == text
    for number, part, hole, _ in in_turn(term, known.start):
        assert part in known.moves(hole, number == 0, MOST_BROUGHT)


def test_names_that_a_language_has_taken_are_refused():
    known = spoken("def f(numbers: list[int]) -> int", "let", "loop")
    body = "let = 0\nfor x in numbers:\n    let += x\nreturn let"
    assert len(read(known, body)) == 12
    with pytest.raises(TaskError, match="'let' is no name"):
        read_with_names(known, body)


@pytest.mark.parametrize(
    "body",
    [
        "while n > 0:\n    n -= 1",
        "for x in numbers:\n    return x",
        "numbers.append(n)\nreturn n",
        "total += n\nreturn total",
        "import os\nreturn n",
        "total = 0\nfor n in numbers:\n    total += n\nreturn total",
        "break",
        "return g(n)",
    ],
)
def test_what_the_language_does_not_have_is_refused(body):
    with pytest.raises(TaskError, match="does not have"):
        read(spoken("def f(numbers: list[int], n: int) -> int", *FEATURES), body)


def test_one_form_for_both_orders_of_operands_and_no_other_programs():
    signature = "def f(a: int, b: int, text: str) -> bool"
    known = spoken(signature)
    same = ("a + b * 2 == max(a, 1)", "max(1, a) == 2 * b + a", "max(a, 1) == b * 2 + a")
    assert len({canonical(read(known, body)) for body in same}) == 1
    others = ("a - b > 0", "b - a > 0", "a > 0 and b > 0", "b > 0 and a > 0", "text + text[1:] == text", "a % b == 0")
    assert len({canonical(read(known, body)) for body in (*others, "text[1:] + text == text", "b % a == 0")}) == 8


def test_the_one_form_does_what_the_program_does():
    changed = 0
    for number, case in enumerate(CASES):
        term = canonical(case.function.term)
        changed += term != case.function.term
        evaluate = evaluator(case.function.signature, case.function.term, case.helpers)
        other = evaluator(case.function.signature, term, case.helpers)
        rng = stream(number, "arguments")
        for _ in range(5):
            arguments = [random_value(rng, each.type) for each in case.function.signature.parameters]
            assert _value(evaluate, arguments) == _value(other, arguments)
    assert changed > 10


def _value(evaluate, arguments):
    try:
        return evaluate(arguments)
    except FailedError:
        return "no value"


def test_a_sum_with_a_hole_keeps_its_order():
    known = spoken("def f(a: int, b: int) -> int")
    (plus,) = [move for move in known.moves(known.start[0], False, 2) if move.op == "+"]
    b = next(move for move in known.moves(plus.holes[0], False, 0) if move.name == "b")
    term = (plus, b, plus.holes[1])
    assert canonical(term) == term and isinstance(term[2], Hole)


def test_all_productions_are_reached_at_random():
    """But for a few that need much before them; the benchmark draws more programs."""
    reached = {(part.type, part.op) for case in CASES for part in case.function.term if isinstance(part, Production)}
    rules = {
        (rule.type, rule.op)
        for kind in (BLOCK, BODY, *RULES)
        for rule in (*RULES.get(kind, ()), *(statement_rules(kind, "int") if kind in (BLOCK, BODY) else ()))
    }
    assert len(rules - reached) < 0.4 * len(rules), sorted(rules - reached)


def test_functions_are_printed_with_what_they_return():
    (first,) = [each.function for name, each in named_functions().items() if name == "is_even"]
    assert python.source(first) == (
        'def is_even(n: int) -> bool:\n    """Return whether n is even."""\n    return n % 2 == 0\n'
    )
    assert python.source(Function(first.signature, first.term)) == (
        "def is_even(n: int) -> bool:\n    return n % 2 == 0\n"
    )
