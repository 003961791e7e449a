"""Counter-examples as people write them: worlds in which facts and rules hold and the goal does not."""

import itertools
import re
from collections.abc import Iterator, Sequence

from zeroloop.envs._deduction_problem import Literal, Problem, Rule
from zeroloop.errors import TaskError
from zeroloop.tasks._deduction_proofs import Reader, plain

_REFUTED = re.compile(
    r"(?:no[,;:.]? )?(?:(?:it|this|the goal) )?(?:does not|need not) follow[:.]?|counter[- ]?(?:example|model)[:.]?"
)
_REST = re.compile(r"(?:all|everything) else is (?:false|not so)|nothing else is (?:so|true)")
_HOLDS = "; now every rule holds, so that it does not follow"
_IMAGINE = re.compile(rf"imagine that (.+), and that nothing else is so beside the facts({_HOLDS})?")
_WANTS = re.compile(rf"(?:since (.+), )?rule (\d{{1,3}}) wants (.+): imagine that (.+), too({_HOLDS})?", re.ASCII)


class World:
    """What is true; all else is not."""

    def __init__(self, problem: Problem, reader: Reader) -> None:
        self.problem, self._reader = problem, reader
        self._atoms = {fact[1:] for fact in problem.facts if fact.positive}
        goal = problem.goal
        self._given = [*problem.facts, *goal.premises, *(each.opposite for each in goal.conclusions)]

    def is_so(self, literal: Literal) -> bool:
        """Whether a literal is true."""
        return (literal[1:] in self._atoms) == literal.positive

    def add(self, literals: Sequence[Literal]) -> None:
        """Let literals be so. Raises TaskError where one is denied that is so."""
        self._atoms |= {each[1:] for each in literals if each.positive}
        for each in literals:
            if not self.is_so(each):
                raise TaskError(f"{self.problem.says(each)}, it says, and the opposite")

    def holds(self, rule: Rule) -> bool:
        """Whether a rule with individuals does."""
        return not all(map(self.is_so, rule.premises)) or any(map(self.is_so, rule.conclusions))

    def check(self) -> None:
        """Raises TaskError with the first fact or rule that does not hold, and where the goal does."""
        for literal in self._given:
            if not self.is_so(literal):
                what = "which is a fact" if literal in self.problem.facts else "or else the goal is no false statement"
                raise TaskError(f"it must be so that {self.problem.says(literal)}, {what}")
        for number, rule in enumerate(self.problem.rules, 1):
            for instance in instances(self.problem, rule):
                if not self.holds(instance):
                    premises = self.problem.joined(instance.premises) or "nothing"
                    conclusions = self.problem.joined(instance.conclusions, "or")
                    raise TaskError(f"rule {number} does not hold: {premises} is given, and not {conclusions}")

    # ---- sentences --------------------------------------------------------------------------------------------------

    def imagine(self, claim: str) -> bool:
        """The first sentence: what refutes the goal. Returns whether it says that all rules hold."""
        found = _IMAGINE.fullmatch(plain(claim))
        if found is None:
            raise TaskError("it must be of the form 'Imagine that ..., and that nothing else is so beside the facts'")
        said, facts = {*self._reader.literals(found[1], "and")}, {*self.problem.facts}
        if said != {*self._given[len(facts) :]}:
            raise TaskError("that is not what a counter-example to the goal needs")
        self.add([*said])
        return found[2] is not None

    def let(self, claim: str) -> bool:
        """Another sentence: a rule that does not hold, and an atom that it wants; returns the same."""
        found = _WANTS.fullmatch(plain(claim))
        if found is None or not 1 <= int(found[2]) <= len(self.problem.rules):
            raise TaskError("it must be of the form 'Since ..., rule 1 wants ...: imagine that ..., too'")
        premises = frozenset(self._reader.literals(found[1], "and")) if found[1] else frozenset[Literal]()
        conclusions = frozenset(self._reader.literals(found[3], "or"))
        literal = self._reader.literal(found[4])
        for rule in instances(self.problem, self.problem.rules[int(found[2]) - 1]):
            if premises == {*rule.premises} and conclusions == {*rule.conclusions} and not self.holds(rule):
                break
        else:
            raise TaskError(f"rule {found[2]} does not say that, or it holds")
        if not literal.positive or not (literal in conclusions or literal.opposite in premises):
            raise TaskError("the rule does not want that")
        self.add([literal])
        return found[5] is not None


def instances(problem: Problem, rule: Rule) -> Iterator[Rule]:
    """A rule with individuals for its variables, in all ways."""
    for chosen in itertools.product(problem.individuals, repeat=len(rule.variables)):
        yield rule.put(dict(zip(rule.variables, chosen, strict=True)))


def is_refuted(line: str) -> bool:
    """Whether a line says that the goal does not follow."""
    return bool(_REFUTED.fullmatch(plain(line)))


def read_world(problem: Problem, lines: Sequence[str]) -> World:
    """The world in the lines after the one that says that the goal does not follow. Raises TaskError where a line
    cannot be understood."""
    reader = Reader(problem)
    world, said = World(problem, reader), list[Literal]()
    for number, line in enumerate(lines, 1):
        text = plain(line)
        if number == len(lines) and _REST.fullmatch(text):
            break
        try:
            said += reader.literals(text, "and")
        except TaskError as error:
            raise TaskError(f"line {number + 1} ({line[:80]!r}): {error}") from None
    world.add(said)
    return world


def check_world(problem: Problem, claims: Sequence[str]) -> str | None:
    """None where every sentence about a world is true, and the last one ends it; else what is wrong."""
    world, ended = World(problem, Reader(problem)), False
    for number, claim in enumerate(claims):
        try:
            if ended:
                return f"every rule held before: {claim[:200]!r}"
            ended = world.let(claim) if number else world.imagine(claim)
        except TaskError as error:
            return f"{claim[:200]!r}: {error}"
        try:
            world.check()
            holds = True
        except TaskError:
            holds = False
        if holds != ended:
            return f"not all of it, or not true: {claim[:200]!r}"
    return None if ended else "some rule does not hold"
