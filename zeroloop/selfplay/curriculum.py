"""How hard the tasks of self-play may be: what is nearly always solved or never teaches little."""

FIRST, TOP, STEP = 0.15, 0.15, 0.01
"""Shares of the whole range: where the limit begins, how far below it episodes say something about it, and how far one
of them moves it."""


class Curriculum:
    """A limit for each sort of task, between easiest and hardest difficulty, where half of the tasks are solved.

    It is an up-and-down staircase (Dixon and Mood 1948): a success just below the limit raises it, a failure lowers it
    as much. Easier tasks go on being drawn, so that nothing is forgotten.
    """

    def __init__(self, easiest: float, hardest: float) -> None:
        self._easiest, self._range = easiest, hardest - easiest
        self._reached: dict[str, float] = {}

    def limit(self, sort: str) -> float:
        """The difficulty that tasks of a sort may have at most."""
        return self._easiest + self._range * self._reached.get(sort, FIRST)

    def note(self, sort: str, difficulty: float, success: bool) -> None:
        """Learn from how an episode on a task went."""
        if self._range and difficulty >= self.limit(sort) - TOP * self._range:
            moved = self._reached.get(sort, FIRST) + (STEP if success else -STEP)
            self._reached[sort] = min(max(moved, FIRST), 1.0)

    def state(self) -> dict[str, float]:
        """What has been reached, for `restore`."""
        return dict(self._reached)

    def restore(self, state: dict[str, float]) -> None:
        """Continue from what `state` returned."""
        self._reached = dict(state)
