"""STRIPS: any planning problem with operators of its own, such as one from PDDL; those that are made here are of a
ferry."""

import numpy as np

from zeroloop.contracts import Solution, Task
from zeroloop.envs._strips import Problem, read_problem
from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import drawn
from zeroloop.tasks._planner import found_plan, grounded
from zeroloop.tasks._planning import PlanningKind, Template

PORTS = ("north-quay", "south-quay", "island", "castle", "mill", "village", "abbey", "lighthouse")
CARS = ("taxi", "van", "jeep", "bus", "tractor", "hearse", "camper", "tanker")
_OPENINGS = (
    "A ferry that has room for one car sails between the ports of a lake.",
    "Cars wait in several ports. The only ferry can carry one of them at a time.",
    "Bring the cars to where they belong, one at a time, by ferry.",
)
_RULES = (
    "These actions are possible: sail x y takes the ferry, with what is on it, from port x, where it is, to port y; "
    "board c x takes car c from port x, where the ferry is, onto the empty ferry; debark c x puts car c from the ferry "
    "ashore at port x, where the ferry is. Give at most {steps} actions in order, one a line, such as 'sail {x} {y}'."
)


class StripsTasks(PlanningKind):
    """Dial of the tasks that are made here: 1 to 6 cars in 3 to 5 ports.

    They are of the domain Ferry. A task may have any operators, and phrases for them, which sentences are read by.
    """

    name = "strips"
    object_types = ("port", "car")
    operators = (
        {
            "name": "sail",
            "parameters": [["from", "port"], ["to", "port"]],
            "preconditions": [["at-ferry", "from"], ["not", "=", "from", "to"]],
            "add": [["at-ferry", "to"]],
            "delete": [["at-ferry", "from"]],
            "phrase": "sail from the {from} to the {to}",
        },
        {
            "name": "board",
            "parameters": [["car", "car"], ["port", "port"]],
            "preconditions": [["at", "car", "port"], ["at-ferry", "port"], ["empty-ferry"]],
            "add": [["on", "car"]],
            "delete": [["at", "car", "port"], ["empty-ferry"]],
            "phrase": "drive the {car} onto the ferry at the {port}",
        },
        {
            "name": "debark",
            "parameters": [["car", "car"], ["port", "port"]],
            "preconditions": [["on", "car"], ["at-ferry", "port"]],
            "add": [["at", "car", "port"], ["empty-ferry"]],
            "delete": [["on", "car"]],
            "phrase": "drive the {car} ashore at the {port}",
        },
    )
    phrases = {
        "at-ferry": "the ferry is at the {0}",
        "at": "the {0} is at the {1}",
        "on": "the {0} is on the ferry",
        "empty-ferry": "the ferry is empty",
    }

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        ports = rng.permutation(PORTS)[: 3 + min(2, int(3 * difficulty))].tolist()
        cars = rng.permutation(CARS)[: 1 + min(5, int(6 * difficulty))].tolist()
        pairs = [rng.permutation(ports)[:2].tolist() for _ in cars]
        start = [("at-ferry", drawn(rng, ports)), ("empty-ferry",)]
        start += [("at", car, pair[0]) for car, pair in zip(cars, pairs, strict=True)]
        goal = [("at", car, pair[1]) for car, pair in zip(cars, pairs, strict=True)]
        steps = 5 * len(cars)
        rules = _RULES.format(steps=steps, x=start[0][1], y=next(port for port in ports if port != start[0][1]))
        text = (
            f"{drawn(rng, _OPENINGS)} The ports are: {', '.join(ports)}. Now {self.clauses(start)}. Reach a state in "
            f"which {self.clauses(goal)}. {rules}"
        )
        task = self.task(
            difficulty, text, dict.fromkeys(ports, "port") | dict.fromkeys(cars, "car"), start, goal, steps
        )
        solution = self.solve(task)
        if solution is None:  # a detour of the planner
            return self.make(rng, difficulty)
        return {**task, "answer": solution.answer, "steps": list(solution.steps)}

    def read(self, task: Task) -> Problem:
        """The problem, whose goal must not be out of reach even if nothing was ever deleted."""
        problem = read_problem(task)
        if missing := grounded(problem).missing:
            raise TaskError(f"goal_state: ({' '.join(missing[0])}) can never hold, whatever is done")
        return problem

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. The plan need not be a shortest one; None where there is none of at most `max_steps` actions,
        or where the planner gives up; see `found_plan`."""
        plan, expanded = found_plan(self.read(task))
        return None if plan is None else Solution(plan, tuple(plan), len(plan), expanded)

    def wording(self, problem: Problem) -> tuple[list[Template], list[Template]]:
        """As the task says."""
        doing = [(each.name, [name for name, _ in each.parameters], each.phrase) for each in problem.operators]
        phrases = dict(problem.phrases)
        clauses = [
            (name, [str(place) for place in range(arity)], phrases.get(name, "")) for name, arity in problem.predicates
        ]
        return doing, clauses


def kind() -> StripsTasks:
    """Any STRIPS problem."""
    return StripsTasks()
