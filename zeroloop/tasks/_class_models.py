"""What objects of each family of classes do, in plain Python, apart from the designs that are printed and searched."""

import math
from bisect import insort
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from zeroloop.programs.designs import Design


class _Stack:
    def __init__(self) -> None:
        self.values: deque[int] = deque()

    def push(self, value: int) -> None:
        self.values.appendleft(value)

    def pop(self) -> int:
        return self.values.popleft() if self.values else -1

    def peek(self) -> int:
        return next(iter(self.values), -1)

    def size(self) -> int:
        return sum(1 for _ in self.values)

    def is_empty(self) -> bool:
        return not self.values


class _MinStack(_Stack):
    def minimum(self) -> int:
        return min(self.values, default=-1)


class _Queue:
    def __init__(self) -> None:
        self.values: deque[int] = deque()

    def enqueue(self, value: int) -> None:
        self.values.append(value)

    def dequeue(self) -> int:
        return self.values.popleft() if self.values else -1

    def front(self) -> int:
        return next(iter(self.values), -1)

    def size(self) -> int:
        return sum(1 for _ in self.values)


class _Counter:
    """Counts steps, not what they come to."""

    def __init__(self, step: int) -> None:
        self.step, self.steps = step, 0

    def increment(self) -> None:
        self.steps += 1

    def decrement(self) -> bool:
        if self.steps:
            self.steps -= 1
            return True
        return False

    def reset(self) -> None:
        self.steps = 0

    def value(self) -> int:
        return self.step * self.steps


class _Account:
    """Keeps what is moved."""

    def __init__(self, fee: int, limit: int) -> None:
        self.fee, self.limit, self.moved = fee, limit, [0]

    def deposit(self, amount: int) -> bool:
        self.moved += [amount] * (amount > 0)
        return amount > 0

    def withdraw(self, amount: int) -> bool:
        allowed = 0 < amount <= sum(self.moved) + self.limit - self.fee
        self.moved += [-amount, -self.fee] if allowed else []
        return allowed

    def balance(self) -> int:
        return sum(self.moved)


class _LRU:
    def __init__(self, capacity: int) -> None:
        self.capacity, self.known = capacity, OrderedDict[int, int]()

    def get(self, key: int) -> int:
        if key not in self.known:
            return -1
        self.known.move_to_end(key)
        return self.known[key]

    def put(self, key: int, value: int) -> None:
        self.known[key] = value
        self.known.move_to_end(key)
        while len(self.known) > self.capacity:
            self.known.popitem(last=False)

    def keys(self) -> list[int]:
        return [*self.known]


class _Processor:
    def __init__(self, least: int, factor: int) -> None:
        self.least, self.factor = least, factor
        self.loaded: list[int] = []
        self.saved: list[int] = []

    def load(self, numbers: list[int]) -> int:
        self.loaded.extend(numbers)
        return len(self.loaded)

    def validate(self) -> bool:
        return not any(number < self.least for number in self.loaded)

    def process(self) -> None:
        kept = filter(lambda number: number >= self.least, self.loaded)
        self.loaded = [sum([number] * self.factor) for number in kept]

    def save(self) -> list[int]:
        self.saved.extend(self.loaded)
        self.loaded.clear()
        return [*self.saved]


class _BoundedStack(_Stack):
    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity

    def push(self, value: int) -> bool:  # type: ignore[override]
        if self.room():
            super().push(value)
            return True
        return False

    def room(self) -> int:
        return self.capacity - self.size()


class _Ring:
    """Keeps everything that was ever added."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.all = capacity, list[int]()

    def add(self, value: int) -> int:
        self.all.append(value)
        return self.all[-self.capacity - 1] if len(self.all) > self.capacity else 0

    def oldest(self) -> int:
        return self.all[-self.capacity :][0] if self.all else 0

    def total(self) -> int:
        return sum(self.all[-self.capacity :])

    def newest_first(self) -> list[int]:
        return [*reversed(self.all)][: self.capacity]


class _SizedStack(_BoundedStack):
    def is_full(self) -> bool:
        return not self.room()


class _Savings:
    """Keeps what is moved."""

    def __init__(self, fee: int, balance: int) -> None:
        self.fee, self.moved = fee, [balance]

    def deposit(self, amount: int) -> bool:
        self.moved += [amount] * (amount > 0)
        return amount > 0

    def withdraw(self, amount: int) -> int:
        taken = max(0, min(amount, sum(self.moved) - self.fee))
        self.moved += [-taken, -self.fee] if taken else []
        return taken

    def balance(self) -> int:
        return sum(self.moved)


class _Odometer:
    """Counts steps, not what they come to."""

    def __init__(self, most: int, start: int, step: int) -> None:
        self.most, self.start, self.step, self.steps = most, start, step, 0

    def advance(self) -> bool:
        self.steps += 1
        if self.value() <= self.most:
            return True
        self.steps = 0
        return False

    def value(self) -> int:
        return self.start + self.steps * self.step

    def reset(self) -> int:
        before, self.steps = self.value(), 0
        return before


class _LimitedCounter:
    def __init__(self, least: int, most: int, step: int) -> None:
        self.allowed, self.step, self.steps = range(least, most + 1), step, 0

    def _move(self, by: int) -> bool:
        allowed = (self.steps + by) * self.step in self.allowed
        self.steps += by * allowed
        return allowed

    def up(self) -> bool:
        return self._move(1)

    def down(self) -> bool:
        return self._move(-1)

    def value(self) -> int:
        return self.steps * self.step


class _Tank:
    """Litre by litre."""

    def __init__(self, capacity: int, loss: int) -> None:
        self.empty, self.full, self.loss = capacity, 0, loss

    def fill(self, litres: int) -> int:
        put = 0
        while put < litres and self.empty:
            put, self.full, self.empty = put + 1, self.full + 1, self.empty - 1
        return put

    def drain(self, litres: int) -> bool:
        left = self.full - litres - self.loss
        if litres < 0 or left < 0:
            return False
        self.full, self.empty = left, self.empty + litres + self.loss
        return True

    def level(self) -> int:
        return self.full


class _Inventory:
    """Keeps the pieces as items."""

    def __init__(self, limit: int) -> None:
        self.limit, self.items = limit, list[int]()

    def restock(self, key: int, amount: int) -> bool:
        if 0 <= amount <= self.limit - self.pieces(key):
            self.items += [key] * amount
            return True
        return False

    def take(self, key: int, amount: int) -> int:
        taken = 0
        while taken < amount and key in self.items:
            self.items.remove(key)
            taken += 1
        return taken

    def pieces(self, key: int) -> int:
        return self.items.count(key)


class _Thermostat:
    """Keeps all that was measured."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high, self.states = low, high, [False]

    def measure(self, degrees: int) -> bool:
        cold, hot = degrees < self.low, degrees > self.high
        self.states.append(cold or (self.states[-1] and not hot))
        return self.states[-1]

    def starts(self) -> int:
        return sum(after and not before for before, after in pairwise(self.states))


class _Vending:
    def __init__(self, price: int, limit: int) -> None:
        self.price, self.limit = price, limit
        self.coins: list[int] = []
        self.changes: list[int] = []

    def insert(self, amount: int) -> bool:
        taken = 0 < amount <= self.limit - sum(self.coins)
        self.coins += [amount] if taken else []
        return taken

    def buy(self) -> int:
        left = sum(self.coins) - self.price
        if left < 0:
            return -1
        self.coins.clear()
        self.changes.append(left)
        return left

    def sold(self) -> int:
        return len(self.changes)


class _Cycle:
    def __init__(self, length: int, step: int) -> None:
        self.length, self.step, self.gone = length, step, 0

    def advance(self) -> int:
        self.gone += self.step
        return self.gone % self.length

    def rounds(self) -> int:
        return self.gone // self.length

    def reset(self) -> None:
        self.gone = 0


class _Statistics:
    """Kept in order."""

    def __init__(self, most: int) -> None:
        self.most, self.numbers = most, list[int]()

    def add(self, value: int) -> bool:
        if value <= self.most:
            insort(self.numbers, value)
        return value <= self.most

    def mean(self) -> int:
        return math.floor(Fraction(sum(self.numbers), len(self.numbers))) if self.numbers else 0

    def spread(self) -> int:
        return self.numbers[-1] - self.numbers[0] if self.numbers else 0

    def in_order(self) -> list[int]:
        return [*self.numbers]


class _Multiset:
    def __init__(self, most: int) -> None:
        self.most, self.words = most, list[str]()

    def add(self, word: str) -> bool:
        if self.words.count(word) < self.most:
            self.words.append(word)
            return True
        return False

    def remove(self, word: str) -> bool:
        if word in self.words:
            self.words.remove(word)
            return True
        return False

    def count(self, word: str) -> int:
        return self.words.count(word)

    def size(self) -> int:
        return len(self.words)


class _Editor:
    def __init__(self, limit: int) -> None:
        self.values: deque[int] = deque([0], maxlen=limit + 1)

    def write(self, value: int) -> None:
        self.values.append(value)

    def undo(self) -> bool:
        if len(self.values) == 1:
            return False
        self.values.pop()
        return True

    def current(self) -> int:
        return self.values[-1]


class _Parking:
    """Keeps who came and who left."""

    def __init__(self, places: int, price: int) -> None:
        self.places, self.price, self.came, self.left = places, price, 0, 0

    def enter(self) -> bool:
        has_place = self.free() > 0
        self.came += has_place
        return has_place

    def leave(self) -> bool:
        is_there = self.came > self.left
        self.left += is_there
        return is_there

    def free(self) -> int:
        return self.places - self.came + self.left

    def income(self) -> int:
        return self.left * self.price


MODELS: dict[str, Callable[..., Any]] = {
    "stack": _Stack,
    "queue": _Queue,
    "counter": _Counter,
    "account": _Account,
    "min stack": _MinStack,
    "lru cache": _LRU,
    "data processor": _Processor,
    "bounded stack": _BoundedStack,
    "ring buffer": _Ring,
    "limited counter": _LimitedCounter,
    "tank": _Tank,
    "inventory": _Inventory,
    "thermostat": _Thermostat,
    "vending machine": _Vending,
    "cycle": _Cycle,
    "statistics": _Statistics,
    "multiset": _Multiset,
    "editor": _Editor,
    "parking": _Parking,
    "sized stack": _SizedStack,
    "savings": _Savings,
    "odometer": _Odometer,
}
"""By family; each is called with the numbers of a design, and what objects are made of."""


def results(design: Design, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
    """What calls on a new object are to return."""
    made, rest = (calls[:1], calls[1:]) if design.whole.parameters else ([], calls)
    model = MODELS[design.family](*design.numbers, *(value for _, given in made for value in given))
    return [*(None for _ in made), *(getattr(model, name)(*arguments) for name, arguments in rest)]
