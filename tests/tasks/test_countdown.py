import functools
import itertools
from fractions import Fraction

import pytest

from zeroloop.envs import countdown as rules
from zeroloop.tasks import countdown
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, {"numbers": [2, 2], "target": 1}, {"numbers": [3, 3, 8, 8, 1, 7], "target": 24})


class TestKind(TaskKindConformance):
    kind = countdown.kind()


def test_operations_come_to_different_results():
    environment = rules.environment()
    assert moves(environment, {"numbers": [4, 2], "target": 8}) == ["4 + 2", "4 * 2", "4 - 2", "2 / 4"]  # 4 / 2 = 4 - 2
    assert moves(environment, {"numbers": [3, 1], "target": 8}) == ["3 + 1", "3 * 1", "3 - 1", "1 / 3"]
    negative = ["3 + 1", "3 * 1", "3 - 1", "1 - 3", "1 / 3"]
    assert moves(environment, {"numbers": [3, 1], "target": -2}) == negative


def moves(environment, task):
    state = environment.initial_state(task)
    return [environment.action_name(state, action) for action in environment.legal_actions(state)]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("numbers", [[3, 3, 8, 8], [1, 2, 2, 5], [7, 18, 46], [1, 1, 1], [2, 10, 11]])
def test_moves_lead_to_all_that_can_be_reached(numbers, sign):
    """With all operations of Fractions, those that lead to the negative of what they could among them."""
    environment = rules.environment()
    expected = reachable(tuple(map(Fraction, numbers)))
    start = environment.initial_state({"numbers": numbers, "target": sign})
    assert {*ends(environment, start)} == {abs(each) if sign > 0 else each for each in expected}


@functools.cache
def reachable(numbers):
    if len(numbers) == 1:
        return {numbers[0]}
    found = set()
    for i, j in itertools.permutations(range(len(numbers)), 2):
        rest = [each for k, each in enumerate(numbers) if k not in (i, j)]
        a, b = numbers[i], numbers[j]
        for result in (a + b, a - b, a * b, *([a / b] if b else [])):
            found |= reachable(tuple(sorted([*rest, result])))
    return found


def ends(environment, start):
    pending, seen = [start], {environment.key(start)}
    while pending:
        state = pending.pop()
        if len(state.values) == 1:
            yield state.values[0]
        after = [environment.step(state, action).state for action in environment.legal_actions(state)]
        new = {environment.key(each): each for each in after if environment.key(each) not in seen}
        seen |= new.keys()
        pending += new.values()


def test_whole_numbers_are_preferred():
    solution = countdown.kind().solve({"numbers": [2, 3, 4, 6], "target": 24})
    assert solution is not None and not any("/" in step and "(" in step for step in solution.steps)


def test_twenty_four_from_three_three_eight_eight():
    solution = countdown.kind().solve({"numbers": [3, 3, 8, 8], "target": 24})
    assert solution is not None and solution.answer == "8 / (3 - (8 / 3))"
    assert countdown.kind().solve({"numbers": [1, 1, 1, 1], "target": 24}) is None
