"""Gripper: a robot with two hands carries balls to the rooms where they shall be."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task
from zeroloop.envs._strips import Problem
from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import drawn
from zeroloop.tasks._planning import PlanningKind, named
from zeroloop.tasks._shortest import shortest

MAX_EXPANDED = 20_000
"""States that the search for a shortest plan expands."""
ROOMS = ("kitchen", "hall", "attic", "cellar", "study", "garage", "pantry", "library")
BALLS = ("red", "blue", "green", "yellow", "white", "black", "orange", "purple", "silver", "golden")
_OPENINGS = (
    "A robot with a left and a right hand, each of which holds one ball at a time, goes from room to room.",
    "Balls lie in several rooms. A robot that can carry one ball in each of its two hands tidies up.",
    "A robot sorts balls. It goes from any room to any other, and it has two hands with room for one ball each.",
)
_RULES = (
    "These actions are possible: move x y takes the robot, with what it holds, from room x, where it is, to room y; "
    "pick b x h takes ball b from room x, where the robot is, with the empty hand h; drop b x h puts ball b from hand "
    "h down in room x, where the robot is. Give at most {steps} actions in order, one a line, such as 'move {x} {y}'."
)


class House(NamedTuple):
    """Where things are, by number.

    robot: its room. balls: for each its room, or where a hand holds it, -1 less the hand's number.
    """

    robot: int
    balls: tuple[int, ...]


class Wish(NamedTuple):
    """Where things shall be; None where that does not matter."""

    robot: int | None
    balls: tuple[int | None, ...]


class Gripper(PlanningKind):
    """Dial: 1 to 8 balls in 2 to 5 rooms.

    The three operators of the first planning competition. Every ball shall be in another room than at the start, and in
    some tasks the robot shall be in a given room, too. There may be as many actions as carrying one ball at a time
    takes.
    """

    name = "gripper"
    object_types = ("room", "ball", "gripper")
    operators = (
        {
            "name": "move",
            "parameters": [["from", "room"], ["to", "room"]],
            "preconditions": [["at-robby", "from"]],
            "add": [["at-robby", "to"]],
            "delete": [["at-robby", "from"]],
            "phrase": "go from the {from} to the {to}",
        },
        {
            "name": "pick",
            "parameters": [["ball", "ball"], ["room", "room"], ["hand", "gripper"]],
            "preconditions": [["at", "ball", "room"], ["at-robby", "room"], ["free", "hand"]],
            "add": [["carry", "ball", "hand"]],
            "delete": [["at", "ball", "room"], ["free", "hand"]],
            "phrase": "pick up the {ball} ball in the {room} with the {hand} hand",
        },
        {
            "name": "drop",
            "parameters": [["ball", "ball"], ["room", "room"], ["hand", "gripper"]],
            "preconditions": [["carry", "ball", "hand"], ["at-robby", "room"]],
            "add": [["at", "ball", "room"], ["free", "hand"]],
            "delete": [["carry", "ball", "hand"]],
            "phrase": "put the {ball} ball down in the {room} from the {hand} hand",
        },
    )
    phrases = {
        "at-robby": "the robot is in the {0}",
        "at": "the {0} ball is in the {1}",
        "free": "the {0} hand is empty",
        "carry": "the {1} hand holds the {0} ball",
    }

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind."""
        balls = rng.permutation(BALLS)[: 1 + min(7, int(8 * difficulty))].tolist()
        rooms = rng.permutation(ROOMS)[: 2 + min(3, int(4 * difficulty))].tolist()
        pairs = [rng.permutation(rooms)[:2].tolist() for _ in balls]
        start: list[tuple[str, ...]] = [
            ("at-robby", drawn(rng, rooms)),
            *(("at", ball, pair[0]) for ball, pair in zip(balls, pairs, strict=True)),
        ]
        goal: list[tuple[str, ...]] = [("at", ball, pair[1]) for ball, pair in zip(balls, pairs, strict=True)]
        if rng.random() < difficulty / 2:
            goal.append(("at-robby", drawn(rng, rooms)))
        steps = 4 * len(balls) + 1
        rules = _RULES.format(steps=steps, x=start[0][1], y=next(room for room in rooms if room != start[0][1]))
        text = (
            f"{drawn(rng, _OPENINGS)} The rooms are: {', '.join(rooms)}. Now both hands are empty, "
            f"{self.clauses(start)}. Reach a state in which {self.clauses(goal)}. {rules}"
        )
        objects = {
            **dict.fromkeys(rooms, "room"),
            **dict.fromkeys(balls, "ball"),
            "left": "gripper",
            "right": "gripper",
        }
        task = self.task(difficulty, text, objects, [*start, ("free", "left"), ("free", "right")], goal, steps)
        solution = self.solve(task)
        assert solution is not None, "one ball at a time takes no more steps"
        return {**task, "answer": solution.answer, "steps": list(solution.steps)}

    def read(self, task: Task) -> Problem:
        """The problem, with a robot in one room, and each ball in one room or one hand."""
        problem = super().read(task)
        _house(problem)
        _wish(problem)
        return problem

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A shortest plan by A*; None where the goal cannot be, or where the plan takes more than
        `max_steps` actions or more than MAX_EXPANDED states to find."""
        problem = self.read(task)
        wish = _wish(problem)
        if wish is None:
            return None
        rooms, balls, hands = (named(problem, kind) for kind in self.object_types)
        plan, expanded = shortest(
            _house(problem),
            partial(_successors, rooms=range(len(rooms)), hands=range(len(hands))),
            partial(_estimate, wish=wish, hands=len(hands)),
            partial(_is_reached, wish=wish),
            MAX_EXPANDED,
            partial(_essence, wish=wish),
        )
        if plan is None or len(plan) > problem.max_steps:
            return None
        kinds = {"move": (rooms, rooms), "pick": (balls, rooms, hands), "drop": (balls, rooms, hands)}
        steps = [" ".join([name, *(each[i] for each, i in zip(kinds[name], at, strict=True))]) for name, *at in plan]
        return Solution(steps, tuple(steps), len(steps), expanded)


# ---- statements as places --------------------------------------------------------------------------------------------


def _house(problem: Problem) -> House:
    """Where things are at the start. Raises TaskError where the facts are no robot and balls in rooms and hands."""
    rooms, balls, hands = (named(problem, kind) for kind in Gripper.object_types)
    places = [("at", ball, room) for ball in balls for room in rooms] + [
        ("carry", b, hand) for b in balls for hand in hands
    ]
    facts = {*problem.initial}
    robot = [number for number, room in enumerate(rooms) if ("at-robby", room) in facts]
    held = [(fact[1], fact[2]) for fact in places if fact in facts and fact[0] == "carry"]
    where = {fact[1]: fact[2] for fact in places if fact in facts}
    expected = {("at-robby", rooms[number]) for number in robot[:1]} | {
        fact for fact in places if where.get(fact[1]) == fact[2]
    }
    expected |= {("free", hand) for hand in hands if hand not in [hand for _, hand in held]}
    if facts != expected or len(robot) != 1 or len(where) < len(balls) or len({hand for _, hand in held}) < len(held):
        raise TaskError(
            "initial_state: the robot must be in one room, each ball in one room or carried by one hand, and the hands "
            "that carry none free; and nothing else may hold"
        )
    numbers = {**{room: i for i, room in enumerate(rooms)}, **{hand: -1 - i for i, hand in enumerate(hands)}}
    return House(robot[0], tuple(numbers[where[ball]] for ball in balls))


def _wish(problem: Problem) -> Wish | None:
    """The goal; None where no state is like it. Raises TaskError where it asks for more than rooms."""
    rooms, balls, _ = (named(problem, kind) for kind in Gripper.object_types)
    asked: dict[str, str] = {}
    for predicate, *names in problem.goal:
        if predicate not in ("at", "at-robby"):
            raise TaskError(f"goal_state: ({predicate} {' '.join(names)}): allowed are 'at' and 'at-robby'")
        what, room = (names[0], names[1]) if predicate == "at" else ("", names[0])
        if what not in ("", *balls) or room not in rooms or asked.setdefault(what, room) != room:
            return None
    found = {what: rooms.index(room) for what, room in asked.items()}
    return Wish(found.get(""), tuple(found.get(ball) for ball in balls))


# ---- the search ------------------------------------------------------------------------------------------------------


def _successors(house: House, rooms: Sequence[int], hands: Sequence[int]) -> Iterator[tuple[tuple[Any, ...], House]]:
    """What can be done, and where things are then; of several empty hands the first is used."""
    robot, balls = house
    empty = next((hand for hand in hands if -1 - hand not in balls), None)
    for ball, place in enumerate(balls):
        if place == robot and empty is not None:
            yield ("pick", ball, robot, empty), House(robot, (*balls[:ball], -1 - empty, *balls[ball + 1 :]))
        elif place < 0:
            yield ("drop", ball, robot, -1 - place), House(robot, (*balls[:ball], robot, *balls[ball + 1 :]))
    for room in rooms:
        if room != robot:
            yield ("move", robot, room), House(room, balls)


def _is_reached(house: House, wish: Wish) -> bool:
    return wish.robot in (None, house.robot) and all(
        map(lambda place, goal: goal in (None, place), house.balls, wish.balls)
    )


def _essence(house: House, wish: Wish) -> Hashable:
    """The state but for which hand is which, and which of the balls with one goal is which."""
    return house.robot, tuple(
        sorted(
            (max(-1, place), -1 if goal is None else goal) for place, goal in zip(house.balls, wish.balls, strict=True)
        )
    )


def _estimate(house: House, wish: Wish, hands: int) -> int:
    """A number of actions that no plan can do without.

    A ball that is elsewhere than it shall be is picked up, unless a hand holds it, and dropped. The robot comes to a
    room for every handful of balls that it brings there, and, but for the first time where it is there now, for every
    handful that it takes from there, and once more to stay.
    """
    actions, brought, taken = 0, Counter[int](), Counter[int]()
    for place, goal in zip(house.balls, wish.balls, strict=True):
        if goal is None or place == goal:
            continue
        actions += 1 + (place >= 0)
        if place >= 0 or goal != house.robot:
            brought[goal] += 1
            taken[place if place >= 0 else house.robot] += 1
    for room in {*brought, *taken, house.robot, *([] if wish.robot is None else [wish.robot])}:
        leaving = -(-taken[room] // hands)
        actions += max(0, -(-brought[room] // hands), leaving - (room == house.robot) + (room == wish.robot))
    return actions


def kind() -> Gripper:
    """A robot with two hands, rooms and balls."""
    return Gripper()
