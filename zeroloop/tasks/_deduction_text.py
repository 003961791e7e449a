"""Statements of deduction tasks: invented words, rules in varied English, and the problem as a whole."""

from collections.abc import Sequence

import numpy as np

from zeroloop.envs._deduction_problem import Literal, Problem, Rule
from zeroloop.tasks._kinds import drawn

NAMES = (
    "Ulo",
    "Mirk",
    "Tavo",
    "Pesk",
    "Zilla",
    "Brun",
    "Odra",
    "Fenn",
    "Jorl",
    "Quen",
    "Ystra",
    "Lomi",
    "Vask",
    "Remu",
)
WORDS = {
    "noun": (
        *(
            "dax",
            "wug",
            "blicket",
            "fep",
            "zorb",
            "quib",
            "mippen",
            "tavit",
            "gorp",
            "snurl",
            "drell",
            "pimwit",
            "lunk",
        ),
        *("kerrin", "vollop", "jibber", "hesp", "rastle", "nolder", "brokel", "tumber", "grell"),
    ),
    "adjective": (
        *("glim", "frum", "velt", "morgid", "tarvy", "plisk", "sproon", "wimbly", "dorv", "krint", "luspy", "brolic"),
        *("zenty", "gulmy", "harnid", "pelvy", "stovy", "yorbly"),
    ),
    "verb": ("florp", "gleeb", "trank", "vimp", "zindle", "murb", "yarp", "skell", "wodder", "prill"),
}
"""Invented, so that nothing follows from what is known of the world."""

_INTROS = (
    "On a far island these things are known.",
    "Here is all that is known of {names}.",
    "A traveller wrote down what she learned.",
    "Consider {names}, and what is said of them.",
    "The words below are invented; only what is written here counts.",
)
GOALS = ("Prove that {goal}.", "Show that {goal}.", "Does it follow that {goal}? It does: prove it.")
_HOW = (
    "Write one step a line, at most {most}; a proof of {par} or fewer counts in full. A step is 'Rule N: ...' with "
    "what rule N says of known facts, such as 'Rule 1: {example}', or 'Suppose ...'. To show 'if A, then B' you may "
    "suppose A; you may then suppose the opposite of all that is to be shown, and look for a contradiction. A rule "
    "that gives 'A or B' splits the proof: first A is known, and when that case is finished, B instead, with all that "
    "was known before the split. A case is finished as soon as what is to be shown is known there, or something "
    "together with its opposite; the proof is finished with its last case. Different letters in a rule may stand for "
    "the same individual."
)


def statement(problem: Problem, rng: np.random.Generator, goals: Sequence[str], more: str) -> str:
    """The whole problem. goals: ways to ask for the goal. more: what is said of answers beside proofs."""
    names = _listed([*problem.individuals])
    facts = " ".join(f"{_capital(problem.says(fact))}." for fact in problem.facts)
    rules = "\n".join(f"{number}. {rule_text(problem, rule, rng)}" for number, rule in enumerate(problem.rules, 1))
    shown, condition = problem.joined(problem.goal.conclusions, "or"), problem.goal.premises
    goal = f"if {problem.joined(condition)}, then {shown}" if condition else shown
    example = problem.says(problem.facts[0] if problem.facts else problem.goal.conclusions[0])
    return (
        f"{drawn(rng, _INTROS).format(names=names)}\n\nFacts: {facts}\n\nRules:\n{rules}\n\n"
        f"{drawn(rng, goals).format(goal=goal)}\n\n"
        f"{_HOW.format(most=problem.max_steps, par=problem.par, example=example)}{more}"
    )


def rule_text(problem: Problem, rule: Rule, rng: np.random.Generator) -> str:
    """A rule as a sentence, in one of several wordings."""
    choices = [_plainly(problem, rule)]
    if rule.variables and all(literal.terms[0] == "x" for literal in rule.conclusions):
        choices += _about_something(problem, rule)
    return f"{_capital(drawn(rng, choices))}."


def _plainly(problem: Problem, rule: Rule) -> str:
    """With letters."""
    conclusions = problem.joined(rule.conclusions, "or")
    return f"if {problem.joined(rule.premises)}, then {conclusions}" if rule.premises else conclusions


def _about_something(problem: Problem, rule: Rule) -> list[str]:
    """Without letters, where the rule is about one thing x, or about x and one y of which one thing is said and that x
    is related to."""
    own = [each for each in rule.premises if each.terms[0] == "x" and "y" not in each.terms]
    links = [each for each in rule.premises if each.terms == ("x", "y")]
    others = [each for each in rule.premises if each.terms == ("y",)]
    conclusions = " or ".join(_verb_phrase(problem, each) for each in rule.conclusions)
    plain = not any("y" in each.terms for each in rule.conclusions)
    if (
        len(own) + len(links) + len(others) < len(rule.premises)
        or not plain
        or len(links) > 1
        or len(others) != len(links)
    ):
        return []
    phrases = [_verb_phrase(problem, each) for each in own]
    if links and not links[0].positive:
        return []
    if links:
        object_ = f"something that {_verb_phrase(problem, others[0])}"
        phrases.append(_verb_phrase(problem, Literal(True, links[0].predicate, ("x", object_))))
    if not phrases:
        return [f"everything {conclusions}"]
    joined = " and ".join(phrases)
    found = [f"everything that {joined} {conclusions}", f"whatever {joined} {conclusions}"]
    found.append(f"if something {joined}, then it {conclusions}")
    if len(phrases) == 1 and own and own[0].positive and dict(problem.predicates)[own[0].predicate] == "noun":
        found.append(f"every {own[0].predicate} {conclusions}")
    return found


def _verb_phrase(problem: Problem, literal: Literal) -> str:
    """What is said of the first term."""
    terms = literal.terms[:1] + tuple("itself" if term == literal.terms[0] else term for term in literal.terms[1:])
    return problem.says(literal._replace(terms=terms)).removeprefix(f"{literal.terms[0]} ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(words: Sequence[str]) -> str:
    """Such as "Ulo, Mirk and Tavo"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
