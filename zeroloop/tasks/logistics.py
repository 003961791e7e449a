"""Logistics: trucks within cities and planes between airports bring packages to where they shall be."""

from collections.abc import Hashable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from zeroloop.contracts import Solution, Task
from zeroloop.envs._strips import Problem
from zeroloop.errors import TaskError
from zeroloop.tasks._kinds import drawn
from zeroloop.tasks._planning import PlanningKind, named
from zeroloop.tasks._shortest import shortest

MAX_EXPANDED = 20_000
"""States that the search for a shortest plan expands."""
CITIES = ("oslo", "rome", "lima", "cairo", "delhi", "paris", "quito", "tokyo")
PLACES = ("depot", "market", "harbour", "school", "museum", "station")
PACKAGES = ("lamp", "clock", "vase", "chair", "radio", "mirror", "globe", "drum", "rug", "desk")
_OPENINGS = (
    "Packages have to be delivered. A truck stays in its city and drives between the places there; a plane flies "
    "between airports.",
    "A carrier has trucks, each of which can reach all places of its own city and no others, and a plane, which can "
    "reach all airports and nothing else.",
    "Bring packages to their places: within a city by truck, from the airport of one city to that of another by plane.",
)
_RULES = (
    "Trucks and planes hold any number of packages. These actions are possible: load p v x puts package p into the "
    "truck or plane v, both being at x; unload p v x puts package p out of v at x, where v is; drive t x y c drives "
    "truck t from x, where it is, to y, both being in city c; fly a x y flies plane a from airport x, where it is, to "
    "airport y. Give at most {steps} actions in order, one a line, such as 'drive {example}'."
)


class World(NamedTuple):
    """Where things are, by number. vehicles: the place of each. packages: the place of each, or -1 less the number of
    the vehicle that it is in."""

    vehicles: tuple[int, ...]
    packages: tuple[int, ...]


class Map(NamedTuple):
    """What stays as it is, by number, and what shall be.

    places, vehicles, packages, cities: their names. city: of each place. airport: that of each city. trucks: how many
    of the vehicles, which are the first ones. vehicle_goals, package_goals: where each shall be, -1 where that does not
    matter.
    """

    places: list[str]
    vehicles: list[str]
    packages: list[str]
    cities: list[str]
    city: list[int]
    airport: list[int]
    trucks: int
    vehicle_goals: tuple[int, ...]
    package_goals: tuple[int, ...]


class Logistics(PlanningKind):
    """Dial: 1 to 6 packages, 2 or 3 cities with 2 or 3 places.

    The domain of the first planning competitions with one action for each sort of vehicle. Each city has one airport.
    """

    name = "logistics"
    types = {"airport": "place", "truck": "vehicle", "plane": "vehicle"}
    object_types = ("place", "airport", "truck", "plane", "package", "city")
    operators = (
        {
            "name": "load",
            "parameters": [["package", "package"], ["vehicle", "vehicle"], ["place", "place"]],
            "preconditions": [["at", "package", "place"], ["at", "vehicle", "place"]],
            "add": [["in", "package", "vehicle"]],
            "delete": [["at", "package", "place"]],
            "phrase": "load the {package} into the {vehicle} at {place}",
        },
        {
            "name": "unload",
            "parameters": [["package", "package"], ["vehicle", "vehicle"], ["place", "place"]],
            "preconditions": [["in", "package", "vehicle"], ["at", "vehicle", "place"]],
            "add": [["at", "package", "place"]],
            "delete": [["in", "package", "vehicle"]],
            "phrase": "unload the {package} from the {vehicle} at {place}",
        },
        {
            "name": "drive",
            "parameters": [["truck", "truck"], ["from", "place"], ["to", "place"], ["city", "city"]],
            "preconditions": [["at", "truck", "from"], ["in-city", "from", "city"], ["in-city", "to", "city"]],
            "add": [["at", "truck", "to"]],
            "delete": [["at", "truck", "from"]],
            "phrase": "drive the {truck} from {from} to {to} in {city}",
        },
        {
            "name": "fly",
            "parameters": [["plane", "plane"], ["from", "airport"], ["to", "airport"]],
            "preconditions": [["at", "plane", "from"]],
            "add": [["at", "plane", "to"]],
            "delete": [["at", "plane", "from"]],
            "phrase": "fly the {plane} from {from} to {to}",
        },
    )
    phrases = {
        "at": "the {0} is at {1}",
        "in": "the {0} is in the {1}",
        "in-city": "{0} lies in {1}",
    }

    def make(self, rng: np.random.Generator, difficulty: float) -> Task:
        """See TaskKind. No package is where it shall be."""
        cities = rng.permutation(CITIES)[: 2 + (difficulty >= 0.4)].tolist()
        places: dict[str, str] = {}
        for city in cities:
            inner = rng.permutation(PLACES)[: 1 + (difficulty >= 0.7)].tolist()
            places |= {f"{city}-{name}": city for name in ("airport", *inner)}
        packages = rng.permutation(PACKAGES)[: 1 + min(5, int(6 * difficulty))].tolist()
        start = [("at", f"{city}-truck", drawn(rng, [x for x in places if places[x] == city])) for city in cities]
        start.append(("at", "jet", f"{drawn(rng, cities)}-airport"))
        pairs = [rng.permutation([*places])[:2].tolist() for _ in packages]
        start += [("at", package, pair[0]) for package, pair in zip(packages, pairs, strict=True)]
        goal = [("at", package, pair[1]) for package, pair in zip(packages, pairs, strict=True)]
        lists = "; ".join(f"in {city}: {', '.join(x for x in places if places[x] == city)}" for city in cities)
        steps = 9 * len(packages) + 3
        there = next(x for x in places if x != start[0][2])
        rules = _RULES.format(steps=steps, example=" ".join([*start[0][1:], there, cities[0]]))
        text = (
            f"{drawn(rng, _OPENINGS)} There are these places {lists}. Now {self.clauses(start)}. Reach a state in "
            f"which {self.clauses(goal)}. {rules}"
        )
        objects = {x: "airport" if x.endswith("-airport") else "place" for x in places} | dict.fromkeys(cities, "city")
        objects |= {f"{city}-truck": "truck" for city in cities} | {"jet": "plane"} | dict.fromkeys(packages, "package")
        facts = [("in-city", *pair) for pair in places.items()]
        task = self.task(difficulty, text, objects, [*facts, *start], goal, steps)
        solution = self.solve(task)
        if solution is None:  # a start that needs more steps than are usual
            return self.make(rng, difficulty)
        return {**task, "answer": solution.answer, "steps": list(solution.steps)}

    def read(self, task: Task) -> Problem:
        """The problem, with places in cities, vehicles at places, and packages at places or in vehicles."""
        problem = super().read(task)
        _drawn_map(problem)
        return problem

    def solve(self, task: Task) -> Solution | None:
        """See TaskKind. A shortest plan by A*; None where the goal cannot be, or where the plan takes more than
        `max_steps` actions or more than MAX_EXPANDED states to find."""
        problem = self.read(task)
        chart, world = _drawn_map(problem)
        if -2 in chart.vehicle_goals + chart.package_goals:
            return None
        plan, expanded = shortest(
            world,
            partial(_successors, chart=chart),
            partial(_estimate, chart=chart),
            partial(_is_reached, chart=chart),
            MAX_EXPANDED,
            partial(_essence, chart=chart),
        )
        if plan is None or len(plan) > problem.max_steps:
            return None
        steps = [" ".join(action) for action in plan]
        return Solution(steps, tuple(steps), len(steps), expanded)


# ---- statements as places --------------------------------------------------------------------------------------------


def _drawn_map(problem: Problem) -> tuple[Map, World]:
    """What a problem says. Raises TaskError where things are in no place or in several, a city has not one airport, or
    the goal is about more than places."""
    places, cities = named(problem, "place", "airport"), named(problem, "city")
    trucks, planes, packages = (named(problem, kind) for kind in ("truck", "plane", "package"))
    vehicles = trucks + planes
    allowed = {"in-city": (places, cities), "in": (packages, vehicles), "at": (vehicles + packages, places)}
    found: dict[str, str] = {}
    for predicate, *names in problem.initial:
        if predicate not in allowed or any(
            name not in part for name, part in zip(names, allowed[predicate], strict=True)
        ):
            raise TaskError(f"initial_state: ({predicate} {' '.join(names)}) cannot be")
        thing, where = names
        if found.setdefault(thing, where) != where:
            raise TaskError(f"initial_state: {thing} is in two places, {found[thing]} and {where}")
    for thing in (*places, *vehicles, *packages):
        if thing not in found:
            raise TaskError(f"initial_state: {thing} is nowhere")
    airports = named(problem, "airport")
    if sorted(found[airport] for airport in airports) != sorted(cities):
        raise TaskError("initial_state: each city must have one airport")
    if strays := [plane for plane in planes if found[plane] not in airports]:
        raise TaskError(f"initial_state: the plane {strays[0]} is at no airport")
    goals = dict.fromkeys((*vehicles, *packages), -1)
    for predicate, *names in problem.goal:
        if predicate != "at" or names[0] not in goals:
            raise TaskError(
                f"goal_state: ({predicate} {' '.join(names)}): allowed is 'at', of packages, trucks and planes"
            )
        aim = places.index(names[1]) if names[1] in places else -2
        goals[names[0]] = aim if goals[names[0]] in (-1, aim) else -2
    numbers = {name: i for i, name in enumerate(places)} | {name: -1 - i for i, name in enumerate(vehicles)}
    chart = Map(
        places,
        vehicles,
        packages,
        cities,
        [cities.index(found[place]) for place in places],
        [next(numbers[airport] for airport in airports if found[airport] == city) for city in cities],
        len(trucks),
        tuple(goals[name] for name in vehicles),
        tuple(goals[name] for name in packages),
    )
    return chart, World(tuple(numbers[found[x]] for x in vehicles), tuple(numbers[found[x]] for x in packages))


# ---- the search ------------------------------------------------------------------------------------------------------


def _successors(world: World, chart: Map) -> Iterator[tuple[tuple[str, ...], World]]:
    """What can be done to some use, and where things are then.

    Vehicles hold all, so it is never too early to take packages out where they have to come out, and to put them into
    the only vehicle that can take them on.
    """
    vehicles, packages = world
    for package, (place, goal) in enumerate(zip(packages, chart.package_goals, strict=True)):
        if goal < 0 or place == goal:
            continue
        at = place if place >= 0 else vehicles[-1 - place]
        here = chart.city[at] == chart.city[goal]
        rest = packages[:package], packages[package + 1 :]
        if place < 0:
            if at == goal or (at in chart.airport and here == (-1 - place >= chart.trucks)):
                action = "unload", chart.packages[package], chart.vehicles[-1 - place], chart.places[at]
                yield action, World(vehicles, (*rest[0], at, *rest[1]))
                return
            continue
        by_plane = not here and at in chart.airport
        fitting = [
            vehicle
            for vehicle, now in enumerate(vehicles)
            if (vehicle >= chart.trucks) == by_plane and (by_plane or chart.city[now] == chart.city[at])
        ]
        for vehicle in fitting:
            if vehicles[vehicle] == at:
                action = "load", chart.packages[package], chart.vehicles[vehicle], chart.places[at]
                yield action, World(vehicles, (*rest[0], -1 - vehicle, *rest[1]))
                if len(fitting) == 1:
                    return
    for vehicle, at in enumerate(vehicles):
        truck = vehicle < chart.trucks
        for to, city in enumerate(chart.city):
            if to != at and (city == chart.city[at] if truck else to in chart.airport):
                names = chart.vehicles[vehicle], chart.places[at], chart.places[to]
                yield (
                    ("drive", *names, chart.cities[city]) if truck else ("fly", *names),
                    World((*vehicles[:vehicle], to, *vehicles[vehicle + 1 :]), packages),
                )


def _is_reached(world: World, chart: Map) -> bool:
    return all(
        goal in (-1, place)
        for places, goals in ((world.vehicles, chart.vehicle_goals), (world.packages, chart.package_goals))
        for place, goal in zip(places, goals, strict=True)
    )


def _essence(world: World, chart: Map) -> Hashable:
    """The state but for which of the packages with one goal is which."""
    return world.vehicles, tuple(sorted(zip(world.packages, chart.package_goals, strict=True)))


def _estimate(world: World, chart: Map) -> int:
    """A number of actions that no plan can do without: what each package needs of loads and unloads, and one drive or
    flight to each place where a truck or a plane is needed that is not there now, or has to come with something."""
    actions, needed = 0, set[tuple[int, bool]]()
    here = {(at, vehicle >= chart.trucks) for vehicle, at in enumerate(world.vehicles)}
    for place, goal in zip(world.packages, chart.package_goals, strict=True):
        if goal < 0 or place == goal:
            continue
        aim = chart.city[goal]
        inside = place < 0
        at = world.vehicles[-1 - place] if inside else place
        by_plane = inside and -1 - place >= chart.trucks
        # The ways from here: to the airport by truck, to the other city by plane, to the goal by truck.
        ways = list[tuple[int, int, bool]]()
        if chart.city[at] != aim:
            airport = chart.airport[chart.city[at]]
            if at != airport or (inside and not by_plane):
                ways.append((at, airport, False))
            ways.append((airport, chart.airport[aim], True))
        elif by_plane:
            ways.append((at, chart.airport[aim], True))
        if (landed := chart.airport[aim] if ways else at) != goal or (inside and not by_plane and not ways):
            ways.append((landed, goal, False))
        actions += 2 * len(ways) - inside
        for number, (start, end, plane) in enumerate(ways):
            if (number or not inside) and (start, plane) not in here:
                needed.add((start, plane))
            if start != end:
                needed.add((end, plane))
    for vehicle, goal in enumerate(chart.vehicle_goals):
        if goal >= 0 and world.vehicles[vehicle] != goal:
            needed.add((goal, vehicle >= chart.trucks))
    return actions + len(needed)


def kind() -> Logistics:
    """Trucks, planes and packages."""
    return Logistics()
