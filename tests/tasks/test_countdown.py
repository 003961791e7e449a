from zeroloop.envs import countdown as rules
from zeroloop.tasks import countdown
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, {"numbers": [2, 2], "target": 1}, {"numbers": [3, 3, 8, 8, 1, 7], "target": 24})


class TestKind(TaskKindConformance):
    kind = countdown.kind()


def test_twenty_four_from_three_three_eight_eight():
    solution = countdown.kind().solve({"numbers": [3, 3, 8, 8], "target": 24})
    assert solution is not None and solution.answer == "8 / (3 - (8 / 3))"
    assert countdown.kind().solve({"numbers": [1, 1, 1, 1], "target": 24}) is None
