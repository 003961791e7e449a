"""Planning problems in PDDL (McDermott et al. 1998): read into the fields of tasks, and written from them.

The part that STRIPS problems need: :strips, :typing, :equality, :negative-preconditions, and constants. As in PDDL,
upper and lower case are the same.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from zeroloop.contracts import Task
from zeroloop.envs._strips import EVERYTHING, Fact, Operator, Problem, read_problem
from zeroloop.errors import TaskError

MAX_TEXT = 500_000
"""Characters of a file."""
MAX_DEPTH = 20
"""Brackets in brackets."""
MAX_STEPS = 200
"""Actions of a plan, where nothing is said."""
REQUIREMENTS = (":strips", ":typing", ":equality", ":negative-preconditions")
_DOMAIN = (":requirements", ":types", ":constants", ":predicates", ":action")
_PROBLEM = (":domain", ":requirements", ":objects", ":init", ":goal")
_REMEDIES = {
    ":functions": "leave costs out: any plan that reaches the goal is right",
    ":metric": "leave it out: any plan that reaches the goal is right",
    "or": "write an action for each case",
    "imply": "write an action for each case",
    "when": "write an action for each case",
    "forall": "write a literal for each object",
    "exists": "make it a parameter of the action",
    "either": "give the types a common type that they are parts of",
}
_TOKEN = re.compile(r";[^\n]*|[()]|[^\s();]+|\n")


class Node(NamedTuple):
    """A word, or a list of nodes (word is "" then), and the line where it begins."""

    where: str
    word: str
    items: tuple["Node", ...] = ()

    @property
    def head(self) -> str:
        """The first word of a list."""
        return self.items[0].word if self.items else ""


def read_pddl(domain: str, problem: str, max_steps: int = MAX_STEPS) -> Task:
    """The fields of a task of the kind "strips" that the texts of two files state. Variables lose their question mark,
    but where an object has the same name.

    Raises TaskError with file and line for what is not understood or not supported, and, as for all tasks, for problems
    that are no problems.
    """
    outer = _sections(_parsed(domain, "domain"), "domain", _DOMAIN)
    inner = _sections(_parsed(problem, "problem"), "problem", _PROBLEM)
    for node in (*outer[":requirements"], *inner[":requirements"]):
        for each in node.items[1:]:
            if each.word not in REQUIREMENTS:
                _refuse(each, f"the requirement {each.word or 'of brackets'} is not supported", ", ".join(REQUIREMENTS))
    for node in inner[":domain"]:
        if [each.word for each in node.items[1:]] != [outer["name"][0].word]:
            _refuse(node, "the problem is of another domain", outer["name"][0].word)
    declared = _typed(_rest(outer[":types"]))
    known = {EVERYTHING}.union(*declared)
    objects: dict[str, str] = {}
    for node in (*outer[":constants"], *inner[":objects"]):
        objects |= (found := dict(_typed(node.items[1:])))
        if strange := sorted({*found.values()} - known):
            _refuse(node, f"unknown type {strange[0]!r}", ", ".join(sorted(known)))
    predicates = {each.head: len(_typed(each.items[1:])) for each in _rest(outer[":predicates"])}
    operators = [_operator(node, predicates, objects) for node in outer[":action"]]
    types = _types(declared, {*objects.values()})
    facts = {}
    for name, nodes in (("initial_state", _rest(inner[":init"])), ("goal_state", _rest(inner[":goal"]))):
        facts[name] = [literal for node in nodes for literal in _facts(node, predicates, objects)]
    task = {
        "type": "planning",
        "kind": "strips",
        "problem": f"{domain.strip()}\n\n{problem.strip()}",
        "objects": objects,
        **({"types": types} if types else {}),
        "operators": operators,
        **facts,
        "max_steps": max_steps,
    }
    read_problem(task)
    return task


def write_pddl(task: Task, name: str = "task") -> tuple[str, str]:
    """The texts of the files of domain and problem for a STRIPS problem. Raises TaskError for broken fields."""
    problem = read_problem(task)
    named = _constants(problem)
    constants = [pair for pair in problem.objects if pair[0] in named]
    parents = dict(problem.types)
    types = list(dict.fromkeys([*parents, *parents.values(), *(kind for _, kind in problem.objects)]))
    types = [kind for kind in types if kind != EVERYTHING]
    arities = [
        " ".join([f"({predicate}", *(f"?x{i}" for i in range(arity))]) + ")" for predicate, arity in problem.predicates
    ]
    bars = any(each.bars or each.unequal for each in problem.operators)
    same = any(each.equal or each.unequal for each in problem.operators)
    requirements = [":strips", ":typing", *[":equality"] * same, *[":negative-preconditions"] * bars]
    domain = [
        f"(define (domain {name})",
        f"  (:requirements {' '.join(requirements)})",
        f"  (:types {' '.join(f'{kind} - {parents.get(kind, EVERYTHING)}' for kind in types)})",
        *([f"  (:constants {_with_types(constants)})"] if constants else []),
        f"  (:predicates {' '.join(arities)})",
        *map(_action, problem.operators),
    ]
    lines = [
        f"(define (problem {name}-1)",
        f"  (:domain {name})",
        f"  (:objects {_with_types([pair for pair in problem.objects if pair not in constants])})",
        "  (:init",
        *(f"    {fact}" for fact in _shown(problem.initial, {})),
        "  )",
        f"  (:goal (and {' '.join(_shown(problem.goal, {}))}))",
    ]
    return "\n".join([*domain, ")", ""]), "\n".join([*lines, ")", ""])


def write_plan(actions: Sequence[str]) -> str:
    """The text of a file with a plan: an action a line."""
    return "".join(f"({action})\n" for action in actions)


def _action(operator: Operator) -> str:
    variables = {name: name if name.startswith("?") else f"?{name}" for name, _ in operator.parameters}
    equal, unequal = ([("=", *pair) for pair in pairs] for pairs in (operator.equal, operator.unequal))
    needs = [*_shown(operator.needs, variables), *_negated(operator.bars, variables)]
    needs += [*_shown(equal, variables), *_negated(unequal, variables)]
    effects = [*_shown(operator.add, variables), *_negated(operator.delete, variables)]
    return (
        f"  (:action {operator.name}\n"
        f"    :parameters ({_with_types([(variables[name], kind) for name, kind in operator.parameters])})\n"
        f"    :precondition (and {' '.join(needs)})\n"
        f"    :effect (and {' '.join(effects)}))"
    )


def _constants(problem: Problem) -> set[str]:
    """The objects that operators name."""
    found = set[str]()
    for operator in problem.operators:
        facts = (*operator.needs, *operator.bars, *operator.add, *operator.delete)
        terms = {term for fact in facts for term in fact[1:]}.union(*operator.equal, *operator.unequal)
        found |= terms - {name for name, _ in operator.parameters}
    return found


def _shown(facts: Sequence[Fact], variables: dict[str, str]) -> Iterator[str]:
    return (f"({' '.join([fact[0], *(variables.get(term, term) for term in fact[1:])])})" for fact in facts)


def _negated(facts: Sequence[Fact], variables: dict[str, str]) -> Iterator[str]:
    return (f"(not {fact})" for fact in _shown(facts, variables))


def _with_types(pairs: Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{name} - {kind}" for name, kind in pairs)


# ---- reading ---------------------------------------------------------------------------------------------------------


def _refuse(node: Node, what: str, allowed: str = "") -> NoReturn:
    raise TaskError(f"{node.where}: {what}{f'; allowed: {allowed}' if allowed else ''}")


def _parsed(text: str, name: str) -> Node:
    """The one list of a text, in lower case."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise TaskError(f"{name}: must be text of at most {MAX_TEXT} characters")
    line, open_lists = 1, [(f"{name} line 1", list[Node]())]
    for match in _TOKEN.finditer(text.lower()):
        token, where = match[0], f"{name} line {line}"
        if token == "\n":
            line += 1
        elif token == "(":
            open_lists.append((where, []))
            if len(open_lists) > MAX_DEPTH:
                raise TaskError(f"{where}: more than {MAX_DEPTH - 1} brackets in brackets")
        elif token == ")":
            began, items = open_lists.pop()
            if not open_lists:
                raise TaskError(f"{where}: there is no '(' for this ')'")
            open_lists[-1][1].append(Node(began, "", tuple(items)))
        elif not token.startswith(";"):
            open_lists[-1][1].append(Node(where, token))
    if len(open_lists) > 1:
        raise TaskError(f"{open_lists[-1][0]}: this '(' is never closed")
    found = open_lists[0][1]
    if len(found) != 1 or found[0].head != "define":
        raise TaskError(f"{name}: must be one list (define ({name} ...) ...)")
    return found[0]


def _sections(node: Node, name: str, known: Collection[str]) -> dict[str, list[Node]]:
    """The lists in a definition by their first word, and its name."""
    title = node.items[1] if len(node.items) > 1 else node
    if title.head != name or len(title.items) != 2 or not title.items[1].word:
        _refuse(title, f"must begin with (define ({name} NAME)")
    found: dict[str, list[Node]] = {each: [] for each in known} | {"name": [title.items[1]]}
    for each in node.items[2:]:
        if each.head not in known:
            remedy = _REMEDIES.get(each.head)
            _refuse(
                each,
                f"{each.head or each.word or '()'} is not supported{(remedy and f'; {remedy}') or ''}",
                ", ".join(known),
            )
        if found[each.head] and each.head != ":action":
            _refuse(each, f"there are two {each.head}")
        found[each.head].append(each)
    return found


def _rest(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """What stands behind the first word of the one section, if there is one."""
    return nodes[0].items[1:] if nodes else ()


def _typed(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    """Names with types, as in "a b - block c"; the type is "object" where none is given."""
    found, names = list[tuple[str, str]](), list[str]()
    rest = iter(nodes)
    for node in rest:
        if node.word != "-":
            names.append(node.word or _unsupported(node))
            continue
        kind = next(rest, node)
        found += [(name, kind.word or _unsupported(kind)) for name in names]
        names = []
    return found + [(name, EVERYTHING) for name in names]


def _unsupported(node: Node) -> NoReturn:
    remedy = _REMEDIES.get(node.head)
    _refuse(node, f"({node.head} ...) is not supported here" + (f"; {remedy}" if remedy else ""))


def _types(pairs: Sequence[tuple[str, str]], used: Collection[str]) -> dict[str, str]:
    """The types that are parts of others, and those that nothing else tells of."""
    above = {parent for _, parent in pairs}
    return {
        name: parent
        for name, parent in pairs
        if name != EVERYTHING and (parent != EVERYTHING or name not in {*used, *above})
    }


def _operator(node: Node, predicates: dict[str, int], objects: Collection[str]) -> dict[str, Any]:
    if len(node.items) % 2 or len(node.items) < 2 or not node.items[1].word:
        _refuse(node, "an action is (:action NAME :parameters (...) :precondition (...) :effect (...))")
    parts = {key.word: value for key, value in zip(node.items[2::2], node.items[3::2], strict=True)}
    known = (":parameters", ":precondition", ":effect")
    if strange := [key for key in node.items[2::2] if key.word not in known]:
        _refuse(strange[0], f"{strange[0].word or '()'} is not supported in an action", ", ".join(known))
    parameters = _typed(parts[":parameters"].items if ":parameters" in parts else ())
    names = {}
    for name, _ in parameters:
        if not name.startswith("?") or name in names:
            _refuse(
                parts[":parameters"], f"{name!r} is no variable, or one that is there twice; write ?{name.strip('?')}"
            )
        names[name] = name if name[1:] in objects else name[1:]
    effects = _literals(parts[":effect"], predicates, objects, names) if ":effect" in parts else []
    if strange_effects := [each for each in effects if "=" in each[:2]]:
        _refuse(parts[":effect"], f"({' '.join(strange_effects[0])}) is no effect")
    needs = _literals(parts[":precondition"], predicates, objects, names) if ":precondition" in parts else []
    return {
        "name": node.items[1].word,
        "parameters": [[names[name], kind] for name, kind in parameters],
        "preconditions": needs,
        "add": [each for each in effects if each[0] != "not"],
        "delete": [each[1:] for each in effects if each[0] == "not"],
    }


def _facts(node: Node, predicates: dict[str, int], objects: Collection[str]) -> list[list[str]]:
    """What holds or shall hold."""
    found = _literals(node, predicates, objects, {})
    if any(each[0] in ("not", "=") for each in found):
        _refuse(node, "only facts that hold are supported here; add a predicate for what shall not hold")
    return found


def _literals(
    node: Node, predicates: dict[str, int], objects: Collection[str], names: dict[str, str]
) -> list[list[str]]:
    """The literals of a conjunction, as tasks write them; names: what variables are called there."""
    if not node.items and not node.word:
        return []
    if node.head == "and":
        return [literal for each in node.items[1:] for literal in _literals(each, predicates, objects, names)]
    true = node.head != "not"
    fact = node if true else node.items[1] if len(node.items) == 2 else node
    if fact.head in ("not", "and", *_REMEDIES) or fact.word:
        _unsupported(fact) if fact.items else _refuse(fact, f"{fact.word!r} is no literal; write it in brackets")
    arity = 2 if fact.head == "=" else predicates.get(fact.head)
    if arity is None:
        _refuse(fact, f"unknown predicate {fact.head!r}", ", ".join(predicates))
    if len(fact.items) != 1 + arity:
        _refuse(fact, f"{fact.head} has {arity} arguments, not {len(fact.items) - 1}")
    for each in fact.items[1:]:
        if each.word not in names and each.word not in objects:
            _refuse(each, f"unknown name {each.word or '(...)'!r}", ", ".join([*names, *objects][:20]))
    return [[*([] if true else ["not"]), fact.head, *(names.get(each.word, each.word) for each in fact.items[1:])]]
