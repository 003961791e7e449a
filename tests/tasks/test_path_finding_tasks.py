from zeroloop.envs import path_finding as rules
from zeroloop.tasks import path_finding
from zeroloop.testing.tasks import TaskKindConformance

KIND = path_finding.kind()


class TestKind(TaskKindConformance):
    kind = KIND
