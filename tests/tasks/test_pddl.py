"""PDDL: what is read, what is written, and what is refused with its line."""

import itertools
from typing import Any

import pytest

from zeroloop.envs._strips import read_problem
from zeroloop.errors import TaskError
from zeroloop.seeding import stream
from zeroloop.tasks import blocksworld, gripper, kind_of, logistics, sokoban, strips
from zeroloop.tasks._pddl import read_pddl, write_pddl, write_plan

DOMAIN = """\
; The domain of the first competition, in its own capitals.
(define (domain LOGISTICS-LITE)
  (:requirements :strips :typing :negative-preconditions :equality)
  (:types truck plane - vehicle  ; two sorts
          package vehicle place)
  (:constants Hub - place)
  (:predicates (At ?x ?p - place) (In ?p - package ?v - vehicle) (closed ?p - place))
  (:action DRIVE
    :parameters (?t - truck ?from ?to - place)
    :precondition (and (at ?t ?from) (not (closed ?to)) (not (= ?from ?to)))
    :effect (and (at ?t ?to) (not (at ?t ?from))))
  (:action load
    :parameters (?p - package ?v - vehicle ?l - place)
    :precondition (and (at ?p ?l) (and (at ?v ?l)))
    :effect (and (in ?p ?v) (not (at ?p ?l))))
  (:action unload
    :parameters (?p - package ?v - vehicle)
    :precondition (and (in ?p ?v) (at ?v hub))
    :effect (and (at ?p hub) (not (in ?p ?v)))))
"""
PROBLEM = """\
(define (problem one) (:domain logistics-lite)
  (:objects van - truck box - package north - place)
  (:init (at van hub) (AT BOX North))
  (:goal (at box hub)))
"""
PLAN = "; found by hand\n(DRIVE van hub north)\n(LOAD box van north)\n(drive van north hub)\n(unload box van)\n"


def test_a_problem_is_read_solved_and_verified():
    task = read_pddl(DOMAIN, PROBLEM, max_steps=10)
    assert task["objects"] == {"hub": "place", "van": "truck", "box": "package", "north": "place"}
    assert task["types"] == {"truck": "vehicle", "plane": "vehicle"}
    assert task["operators"][0] == {
        "name": "drive",
        "parameters": [["t", "truck"], ["from", "place"], ["to", "place"]],
        "preconditions": [["at", "t", "from"], ["not", "closed", "to"], ["not", "=", "from", "to"]],
        "add": [["at", "t", "to"]],
        "delete": [["at", "t", "from"]],
    }
    assert task["initial_state"] == [["at", "van", "hub"], ["at", "box", "north"]]
    kind = kind_of(task)
    assert kind.name == "strips" and kind.verify(task, PLAN).verdict == "correct"
    assert kind.verify(task, PLAN.replace("(drive van north hub)\n", "")).verdict == "wrong"
    assert write_plan(kind.solve(task).answer) == PLAN.split("\n", 1)[1].lower()
    assert DOMAIN.strip() in task["problem"] and PROBLEM.strip() in task["problem"]


@pytest.mark.parametrize("kind", [blocksworld.kind(), gripper.kind(), logistics.kind(), sokoban.kind(), strips.kind()])
def test_tasks_come_back_as_they_were(kind: Any):
    for seed in range(4):
        task = kind.make(stream(seed, "pddl"), seed / 3)
        fields = kind.as_strips(task)
        again = read_pddl(*write_pddl(fields, kind.name), max_steps=fields["max_steps"])
        operators = [{name: value for name, value in each.items() if name != "phrase"} for each in fields["operators"]]
        assert again["operators"] == operators
        for field in ("objects", "types", "initial_state", "goal_state", "max_steps"):
            assert again.get(field) == fields.get(field), field
        assert strips.kind().verify(again, write_plan(fields["answer"])).verdict == "correct"
        assert write_pddl(again, kind.name) == write_pddl(fields, kind.name)


def test_untyped_problems_and_constants_come_back_as_they_were():
    task = read_pddl(DOMAIN, PROBLEM)
    domain, problem = write_pddl(task)
    assert "(:constants hub - place)" in domain and "hub -" not in problem
    assert ":negative-preconditions" in domain and ":equality" in domain
    again = read_pddl(domain, problem)
    assert {**again, "problem": ""} == {**task, "problem": ""}
    untyped = "(define (domain d) (:predicates (p ?x)) (:action a :parameters (?x) :effect (p ?x)))"
    task = read_pddl(untyped, "(define (problem q) (:domain d) (:objects x) (:init) (:goal (p x)))")
    assert task["objects"] == {"x": "object"} and "types" not in task
    assert task["operators"][0]["parameters"] == [["?x", "object"]], "an object is called x"
    again = read_pddl(*write_pddl(task, "d"))
    assert read_problem(again) == read_problem(task) and strips.kind().solve(again).answer == ["a x"]


def test_constants_without_a_type_do_not_get_that_of_objects():
    task = read_pddl(
        "(define (domain d) (:types t) (:constants c) (:predicates (p ?x))"
        "(:action a :parameters (?x - t) :effect (p ?x)))",
        "(define (problem q) (:domain d) (:objects x - t) (:init) (:goal (p x)))",
    )
    assert task["objects"] == {"c": "object", "x": "t"}


def test_types_that_no_object_has_are_known():
    types = DOMAIN.replace("package vehicle place", "package vehicle place ghost").replace(
        "?v - vehicle)", "?v - ghost)"
    )
    assert read_pddl(types, PROBLEM)["types"]["ghost"] == "object"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":equality)", ":adl)", "domain line 3: the requirement :adl is not supported; allowed: :strips, :typing"),
        (
            "(:predicates",
            "(:functions (total-cost))\n(:predicates",
            "domain line 7: :functions is not supported; leave costs",
        ),
        ("(:predicates", "(:axiom) (:predicates", "domain line 7: :axiom is not supported; allowed: :requirements"),
        (
            "(and (at ?v ?l))",
            "(or (at ?v ?l))",
            "domain line 14: (or ...) is not supported here; write an action for each",
        ),
        (
            "(and (at ?v ?l))",
            "(forall (?x) (at ?v ?l))",
            "domain line 14: (forall ...) is not supported here; write a lit",
        ),
        ("(not (in ?p ?v))", "(when (in ?p ?v) (at ?p hub))", "domain line 19: (when ...) is not supported here"),
        ("(not (closed ?to))", "(not (not (closed ?to)))", "domain line 10: (not ...) is not supported here"),
        ("(not (closed ?to))", "(not)", "domain line 10: (not ...) is not supported here"),
        ("(not (closed ?to))", "closed", "domain line 10: 'closed' is no literal"),
        ("(not (closed ?to))", "(shut ?to)", "domain line 10: unknown predicate 'shut'; allowed: at, in, closed"),
        (
            "(not (closed ?to))",
            "(closed ?where)",
            "domain line 10: unknown name '?where'; allowed: ?t, ?from, ?to, hub",
        ),
        ("(not (closed ?to))", "(closed)", "domain line 10: closed has 1 arguments, not 0"),
        ("(not (closed ?to))", "(closed (hub))", "domain line 10: unknown name '(...)'"),
        ("(in ?p ?v) (not (at", "(= ?p ?v) (not (at", "domain line 15: (= p v) is no effect"),
        ("?t - truck ?from", "?t - truck from", "domain line 9: 'from' is no variable"),
        ("?t - truck ?from", "?t - truck ?t ?from", "domain line 9: '?t' is no variable, or one that is there twice"),
        (
            "?t - truck ?from",
            "?t - (either truck plane) ?from",
            "domain line 9: (either ...) is not supported here; give",
        ),
        (":parameters (?t", ":duration 3 :parameters (?t", "domain line 9: :duration is not supported in an action"),
        (":action DRIVE", ":action", "domain line 8: an action is (:action NAME"),
        (":action load", ":action drive", "operators[1].name: there are two operators 'drive'"),
        ("(domain LOGISTICS-LITE)", "LOGISTICS-LITE", "domain line 2: must begin with (define (domain NAME)"),
        ("(define", "(defined", "domain: must be one list (define (domain ...) ...)"),
        ("(not (in ?p ?v)))))", "(not (in ?p ?v))))", "domain line 2: this '(' is never closed"),
        ("(not (in ?p ?v)))))", "(not (in ?p ?v))))))", "domain line 19: there is no '(' for this ')'"),
        ("(:constants Hub - place)", "(:constants Hub - place)(:constants)", "domain line 6: there are two :constants"),
        ("Hub - place", "Hub H.ub - place", "objects: 'h.ub' is no name"),
    ],
)
def test_what_is_not_supported_is_named_with_its_line(old: str, new: str, message: str):
    assert old in DOMAIN
    with pytest.raises(TaskError) as error:
        read_pddl(DOMAIN.replace(old, new), PROBLEM)
    assert str(error.value).startswith(message), error.value


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            ":domain logistics-lite",
            ":domain blocks",
            "problem line 1: the problem is of another domain; allowed: logistics-lite",
        ),
        ("(:goal (at box hub))", "(:goal (not (at box hub)))", "problem line 4: only facts that hold are supported"),
        ("(:goal (at box hub))", "(:goal (at box north))", "goal_state: all of it holds in initial_state already"),
        ("(:goal (at box hub))", "(:goal (and))", "goal_state must be a list of 1"),
        ("(:goal (at box hub))", "", "goal_state must be a list of 1"),
        ("(:goal", "(:metric minimize (total-time)) (:goal", "problem line 4: :metric is not supported; leave it out"),
        (
            "box - package",
            "box - parcel",
            "problem line 2: unknown type 'parcel'; allowed: object, package, place, plane",
        ),
        ("box - package", "box - plane", None),
        ("(at van hub)", "(= (total-cost) 0)", "problem line 3: unknown name '(...)'"),
        ("(at van hub)", "(at van moon)", "problem line 3: unknown name 'moon'"),
    ],
)
def test_what_is_wrong_in_a_problem_is_named(old: str, new: str, message: str | None):
    assert old in PROBLEM
    if message is None:  # no action takes a plane anywhere: the goal is out of reach
        verdict = strips.kind().verify(read_pddl(DOMAIN, PROBLEM.replace(old, new)), PLAN)
        assert verdict.verdict == "error" and "(at box hub) can never hold" in verdict.evidence
        return
    with pytest.raises(TaskError) as error:
        read_pddl(DOMAIN, PROBLEM.replace(old, new))
    assert str(error.value).startswith(message), error.value


HOSTILE = (
    "",
    ")",
    "(" * 100_000,
    "()" * 50_000,
    "(define)",
    "(define ())",
    "(define (domain d) x)",
    "\x00",
    "x" * 600_000,
    None,
    7,
)


def test_hostile_texts_are_refused():
    for text in HOSTILE:
        for pair in ((text, PROBLEM), (DOMAIN, text)):
            with pytest.raises(TaskError):
                read_pddl(*pair)


def test_texts_that_end_early_or_lack_a_word_are_refused_or_read():
    """Whatever is cut out, nothing but a TaskError is raised."""
    words = DOMAIN.split(" ")
    for start, count in itertools.product(range(0, len(words), 3), (1, 2, 9)):
        try:
            read_pddl(" ".join(words[:start] + words[start + count :]), PROBLEM)
        except TaskError as error:
            assert str(error).strip()
