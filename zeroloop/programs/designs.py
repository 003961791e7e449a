"""Designs of classes: families of them, each a source in which words in capitals stand for numbers."""

import functools
import itertools
import re
from typing import NamedTuple

from zeroloop.programs.classes import read_class
from zeroloop.programs.language import Language
from zeroloop.programs.terms import Class


class Design(NamedTuple):
    """A class. family, numbers: where it comes from. languages: of each method, by name. features: of all of them."""

    key: str
    family: str
    numbers: tuple[int, ...]
    whole: Class
    languages: dict[str, Language]
    features: tuple[str, ...]


class Family(NamedTuple):
    """features: of the language that the methods are written in. numbers: for each word in capitals, what it may be."""

    name: str
    features: str
    source: str
    numbers: dict[str, tuple[int, ...]] = {}


FAMILIES = (
    Family(
        "stack",
        "let if list",
        '''\
class Stack:
    """A stack of integers."""

    def __init__(self) -> None:
        self._items: list[int] = []

    def push(self, value: int) -> None:
        """Puts a value on top."""
        self._items.append(value)

    def pop(self) -> int:
        """Removes the value on top and returns it; returns -1 where there is none."""
        if len(self._items) == 0:
            return -1
        result = self._items.pop()
        return result

    def peek(self) -> int:
        """Returns the value on top, or -1 where there is none."""
        return self._items[-1] if len(self._items) > 0 else -1

    def size(self) -> int:
        """Returns how many values there are."""
        return len(self._items)

    def is_empty(self) -> bool:
        """Returns whether there are no values."""
        return len(self._items) == 0
''',
    ),
    Family(
        "queue",
        "let if list",
        '''\
class Queue:
    """A queue of integers, first in, first out."""

    def __init__(self) -> None:
        self._items: list[int] = []

    def enqueue(self, value: int) -> None:
        """Puts a value at the end."""
        self._items.append(value)

    def dequeue(self) -> int:
        """Removes the first value and returns it; returns -1 where there is none."""
        if len(self._items) == 0:
            return -1
        result = self._items.pop(0)
        return result

    def front(self) -> int:
        """Returns the first value, or -1 where there is none."""
        return self._items[0] if len(self._items) > 0 else -1

    def size(self) -> int:
        """Returns how many values there are."""
        return len(self._items)
''',
    ),
    Family(
        "counter",
        "let if",
        '''\
class Counter:
    """A counter that goes in steps of STEP."""

    def __init__(self) -> None:
        self._count: int = 0

    def increment(self) -> None:
        """Adds STEP."""
        self._count += STEP

    def decrement(self) -> bool:
        """Takes STEP away and returns true; returns false, and changes nothing, where the count is less than STEP."""
        if self._count < STEP:
            return False
        self._count -= STEP
        return True

    def reset(self) -> None:
        """Sets the count to 0."""
        self._count = 0

    def value(self) -> int:
        """Returns the count."""
        return self._count
''',
        {"STEP": (1, 2, 3, 5)},
    ),
    Family(
        "account",
        "let if",
        '''\
class BankAccount:
    """An account that may be overdrawn by LIMIT, where taking money out costs FEE."""

    def __init__(self) -> None:
        self._balance: int = 0

    def deposit(self, amount: int) -> bool:
        """Adds an amount and returns true; returns false, and changes nothing, where the amount is not positive."""
        if amount <= 0:
            return False
        self._balance += amount
        return True

    def withdraw(self, amount: int) -> bool:
        """Takes amount + FEE out and returns true; returns false where amount <= 0 or less than -LIMIT is left."""
        if amount <= 0 or self._balance - amount - FEE < -LIMIT:
            return False
        self._balance = self._balance - amount - FEE
        return True

    def balance(self) -> int:
        """Returns the balance."""
        return self._balance
''',
        {"FEE": (1, 2, 3, 4, 5), "LIMIT": (3, 5, 6, 8, 10, 12, 15, 20)},
    ),
    Family(
        "min stack",
        "let if list",
        '''\
class MinStack:
    """A stack of integers that knows the smallest."""

    def __init__(self) -> None:
        self._items: list[int] = []
        self._smallest: list[int] = []

    def push(self, value: int) -> None:
        """Puts a value on top."""
        if len(self._smallest) == 0:
            self._smallest.append(value)
        else:
            self._smallest.append(min(value, self._smallest[-1]))
        self._items.append(value)

    def pop(self) -> int:
        """Removes the value on top and returns it; returns -1 where there is none."""
        if len(self._items) == 0:
            return -1
        result = self._items.pop()
        self._smallest = self._smallest[: len(self._smallest) - 1]
        return result

    def minimum(self) -> int:
        """Returns the smallest value, or -1 where there is none."""
        return self._smallest[-1] if len(self._smallest) > 0 else -1
''',
    ),
    Family(
        "lru cache",
        "let if list map",
        '''\
class LRUCache:
    """A cache that keeps up to CAPACITY values, and forgets the one that was not used for the longest time."""

    def __init__(self) -> None:
        self._values: dict[int, int] = {}
        self._keys: list[int] = []

    def get(self, key: int) -> int:
        """Returns the value of a key, which is thereby used, or -1 where there is none."""
        if key not in self._keys:
            return -1
        self._keys = [x for x in self._keys if x != key] + [key]
        return self._values.get(key, -1)

    def put(self, key: int, value: int) -> None:
        """Sets the value of a key, which is thereby used; at most CAPACITY keys are kept."""
        self._keys = [x for x in self._keys if x != key] + [key]
        if len(self._keys) > CAPACITY:
            count = self._keys.pop(0)
            del self._values[count]
        self._values[key] = value

    def keys(self) -> list[int]:
        """Returns the keys that have values, the one last used at the end."""
        return list(self._keys)
''',
        {"CAPACITY": (1, 2, 3, 4)},
    ),
    Family(
        "data processor",
        "let if list",
        '''\
class DataProcessor:
    """Loads numbers, keeps those of at least LEAST, and multiplies them by FACTOR."""

    def __init__(self) -> None:
        self._values: list[int] = []
        self._saved: list[int] = []

    def load(self, numbers: list[int]) -> int:
        """Adds numbers to those that are loaded and returns how many are loaded now."""
        self._values = self._values + numbers
        return len(self._values)

    def validate(self) -> bool:
        """Returns whether all numbers that are loaded are at least LEAST."""
        return all(x >= LEAST for x in self._values)

    def process(self) -> None:
        """Drops the loaded numbers below LEAST and multiplies the others by FACTOR."""
        self._values = [x * FACTOR for x in self._values if x >= LEAST]

    def save(self) -> list[int]:
        """Moves the loaded numbers behind those that were saved before, and returns all that are saved."""
        self._saved = self._saved + self._values
        self._values = []
        return list(self._saved)
''',
        {"LEAST": (0, 1, 2, 3), "FACTOR": (2, 3, 4, 5)},
    ),
    Family(
        "bounded stack",
        "let if list",
        '''\
class BoundedStack:
    """A stack that has room for CAPACITY integers."""

    def __init__(self) -> None:
        self._items: list[int] = []

    def push(self, value: int) -> bool:
        """Puts a value on top and returns true; returns false where there is no room."""
        if len(self._items) >= CAPACITY:
            return False
        self._items.append(value)
        return True

    def pop(self) -> int:
        """Removes the value on top and returns it; returns -1 where there is none."""
        if len(self._items) == 0:
            return -1
        result = self._items.pop()
        return result

    def room(self) -> int:
        """Returns how many more values there is room for."""
        return CAPACITY - len(self._items)
''',
        {"CAPACITY": (1, 2, 3, 4, 5)},
    ),
    Family(
        "ring buffer",
        "let if list",
        '''\
class RingBuffer:
    """A buffer of the last CAPACITY integers."""

    def __init__(self) -> None:
        self._items: list[int] = []

    def add(self, value: int) -> int:
        """Adds a value and returns the oldest one where that had to make room for it, otherwise 0."""
        self._items.append(value)
        if len(self._items) <= CAPACITY:
            return 0
        result = self._items.pop(0)
        return result

    def oldest(self) -> int:
        """Returns the oldest value, or 0 where there is none."""
        return self._items[0] if len(self._items) > 0 else 0

    def total(self) -> int:
        """Returns the sum of the values."""
        return sum(self._items)

    def newest_first(self) -> list[int]:
        """Returns the values, the newest first."""
        return self._items[::-1]
''',
        {"CAPACITY": (1, 2, 3, 4, 5)},
    ),
    Family(
        "limited counter",
        "let if",
        '''\
class LimitedCounter:
    """A counter from LEAST to MOST that goes in steps of STEP."""

    def __init__(self) -> None:
        self._count: int = 0

    def up(self) -> bool:
        """Adds STEP and returns true; returns false where that would be more than MOST."""
        if self._count + STEP > MOST:
            return False
        self._count += STEP
        return True

    def down(self) -> bool:
        """Takes STEP away and returns true; returns false where that would be less than LEAST."""
        if self._count - STEP < LEAST:
            return False
        self._count -= STEP
        return True

    def value(self) -> int:
        """Returns the count."""
        return self._count
''',
        {"LEAST": (-6, -3, 0), "MOST": (3, 6, 9), "STEP": (1, 2, 3)},
    ),
    Family(
        "tank",
        "let if",
        '''\
class Tank:
    """A tank for CAPACITY litres, of which LOSS more are lost whenever some are taken out."""

    def __init__(self) -> None:
        self._level: int = 0

    def fill(self, litres: int) -> int:
        """Puts litres in, up to where the tank is full, and returns how many were put in; none where litres < 0."""
        result = max(0, min(litres, CAPACITY - self._level))
        self._level += result
        return result

    def drain(self, litres: int) -> bool:
        """Takes litres + LOSS out and returns true; returns false where litres < 0 or there are not as many."""
        if litres < 0 or litres + LOSS > self._level:
            return False
        self._level = self._level - litres - LOSS
        return True

    def level(self) -> int:
        """Returns how many litres are in the tank."""
        return self._level
''',
        {"CAPACITY": (5, 6, 7, 8, 9, 10, 12, 15), "LOSS": (1, 2, 3, 4)},
    ),
    Family(
        "inventory",
        "let if map",
        '''\
class Inventory:
    """How many pieces there are of each article, up to LIMIT."""

    def __init__(self) -> None:
        self._stock: dict[int, int] = {}

    def restock(self, key: int, amount: int) -> bool:
        """Adds pieces of an article and returns true; returns false where amount < 0 or that would be above LIMIT."""
        if amount < 0 or self._stock.get(key, 0) + amount > LIMIT:
            return False
        self._stock[key] = self._stock.get(key, 0) + amount
        return True

    def take(self, key: int, amount: int) -> int:
        """Takes pieces of an article out, as many as there are, and returns how many; none where amount < 0."""
        result = max(0, min(amount, self._stock.get(key, 0)))
        self._stock[key] = self._stock.get(key, 0) - result
        return result

    def pieces(self, key: int) -> int:
        """Returns how many pieces of an article there are."""
        return self._stock.get(key, 0)
''',
        {"LIMIT": (5, 6, 8, 10, 12, 15)},
    ),
    Family(
        "thermostat",
        "let if",
        '''\
class Thermostat:
    """A heating that goes on below LOW degrees and off above HIGH degrees."""

    def __init__(self) -> None:
        self._on: bool = False
        self._starts: int = 0

    def measure(self, degrees: int) -> bool:
        """Switches the heating on or off where that is needed, and returns whether it is on."""
        if degrees < LOW and not self._on:
            self._on = True
            self._starts += 1
        if degrees > HIGH:
            self._on = False
        return self._on

    def starts(self) -> int:
        """Returns how often the heating went on."""
        return self._starts
''',
        {"LOW": (-2, -1, 0, 1, 2), "HIGH": (3, 4, 5, 6, 7)},
    ),
    Family(
        "vending machine",
        "let if",
        '''\
class VendingMachine:
    """A machine that sells pieces at PRICE and takes in no more than LIMIT at a time."""

    def __init__(self) -> None:
        self._paid: int = 0
        self._sold: int = 0

    def insert(self, amount: int) -> bool:
        """Takes money in and returns true; returns false where amount <= 0 or more than LIMIT would be paid in."""
        if amount <= 0 or self._paid + amount > LIMIT:
            return False
        self._paid += amount
        return True

    def buy(self) -> int:
        """Sells one piece and returns the money that is left over; returns -1 where less than PRICE is paid in."""
        if self._paid < PRICE:
            return -1
        result = self._paid - PRICE
        self._paid = 0
        self._sold += 1
        return result

    def sold(self) -> int:
        """Returns how many pieces were sold."""
        return self._sold
''',
        {"PRICE": (3, 4, 5, 6, 7), "LIMIT": (8, 10, 12, 15)},
    ),
    Family(
        "cycle",
        "let if",
        '''\
class Cycle:
    """A pointer that goes around LENGTH places in steps of STEP."""

    def __init__(self) -> None:
        self._place: int = 0
        self._rounds: int = 0

    def advance(self) -> int:
        """Goes one step on and returns the new place, from 0 to LENGTH - 1."""
        self._place += STEP
        if self._place >= LENGTH:
            self._place -= LENGTH
            self._rounds += 1
        return self._place

    def rounds(self) -> int:
        """Returns how often the pointer came around."""
        return self._rounds

    def reset(self) -> None:
        """Puts the pointer at place 0, before the first round."""
        self._place = 0
        self._rounds = 0
''',
        {"LENGTH": (4, 5, 6, 7, 8), "STEP": (1, 2, 3)},
    ),
    Family(
        "statistics",
        "let if list",
        '''\
class RunningStatistics:
    """What can be said of the numbers that were added, those above MOST aside."""

    def __init__(self) -> None:
        self._numbers: list[int] = []

    def add(self, value: int) -> bool:
        """Adds a number and returns true; returns false, and leaves it out, where it is more than MOST."""
        if value > MOST:
            return False
        self._numbers.append(value)
        return True

    def mean(self) -> int:
        """Returns the mean, rounded down, or 0 where there are no numbers."""
        return sum(self._numbers) // len(self._numbers) if len(self._numbers) > 0 else 0

    def spread(self) -> int:
        """Returns the largest number less the smallest, or 0 where there are no numbers."""
        return max(self._numbers) - min(self._numbers) if len(self._numbers) > 0 else 0

    def in_order(self) -> list[int]:
        """Returns the numbers in ascending order."""
        return sorted(self._numbers)
''',
        {"MOST": (4, 5, 6, 7, 8)},
    ),
    Family(
        "multiset",
        "let if map",
        '''\
class Multiset:
    """A set in which each text is up to MOST times."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._size: int = 0

    def add(self, word: str) -> bool:
        """Adds a text and returns true; returns false where it is in the set MOST times."""
        if self._counts.get(word, 0) >= MOST:
            return False
        self._counts[word] = self._counts.get(word, 0) + 1
        self._size += 1
        return True

    def remove(self, word: str) -> bool:
        """Removes a text once and returns true; returns false where it is not in the set."""
        if self._counts.get(word, 0) == 0:
            return False
        self._counts[word] = self._counts.get(word, 0) - 1
        self._size -= 1
        return True

    def count(self, word: str) -> int:
        """Returns how many times a text is in the set."""
        return self._counts.get(word, 0)

    def size(self) -> int:
        """Returns how many texts are in the set, each as often as it is in it."""
        return self._size
''',
        {"MOST": (1, 2, 3, 4)},
    ),
    Family(
        "editor",
        "let if list",
        '''\
class Editor:
    """A number that can be changed, and changed back up to LIMIT times."""

    def __init__(self) -> None:
        self._current: int = 0
        self._past: list[int] = []

    def write(self, value: int) -> None:
        """Makes a value the current one."""
        self._past.append(self._current)
        if len(self._past) > LIMIT:
            self._past = self._past[1:]
        self._current = value

    def undo(self) -> bool:
        """Takes the last change back and returns true; returns false where there is none that can be taken back."""
        if len(self._past) == 0:
            return False
        self._current = self._past[-1]
        self._past = self._past[: len(self._past) - 1]
        return True

    def current(self) -> int:
        """Returns the current value."""
        return self._current
''',
        {"LIMIT": (1, 2, 3)},
    ),
    Family(
        "parking",
        "let if",
        '''\
class ParkingLot:
    """A lot for PLACES cars, each of which pays PRICE when it leaves."""

    def __init__(self) -> None:
        self._cars: int = 0
        self._income: int = 0

    def enter(self) -> bool:
        """Lets a car in and returns true; returns false where there is no place."""
        if self._cars >= PLACES:
            return False
        self._cars += 1
        return True

    def leave(self) -> bool:
        """Lets a car out, which pays, and returns true; returns false where there is none."""
        if self._cars == 0:
            return False
        self._cars -= 1
        self._income += PRICE
        return True

    def free(self) -> int:
        """Returns how many places are free."""
        return PLACES - self._cars

    def income(self) -> int:
        """Returns what was paid."""
        return self._income
''',
        {"PLACES": (1, 2, 3, 4), "PRICE": (3, 4, 5, 7)},
    ),
    Family(
        "sized stack",
        "let if list",
        '''\
class SizedStack:
    """A stack that has room for as many integers as it is made for."""

    def __init__(self, capacity: int) -> None:
        self._capacity: int = capacity
        self._items: list[int] = []

    def push(self, value: int) -> bool:
        """Puts a value on top and returns true; returns false where there is no room."""
        if len(self._items) >= self._capacity:
            return False
        self._items.append(value)
        return True

    def pop(self) -> int:
        """Removes the value on top and returns it; returns -1 where there is none."""
        if len(self._items) == 0:
            return -1
        result = self._items.pop()
        return result

    def room(self) -> int:
        """Returns how many more values there is room for."""
        return self._capacity - len(self._items)

    def is_full(self) -> bool:
        """Returns whether there is no room."""
        return len(self._items) == self._capacity
''',
    ),
    Family(
        "savings",
        "let if",
        '''\
class SavingsAccount:
    """An account that begins with a balance and is never overdrawn, where taking money out costs FEE."""

    def __init__(self, balance: int) -> None:
        self._balance: int = balance

    def deposit(self, amount: int) -> bool:
        """Adds an amount and returns true; returns false, and changes nothing, where the amount is not positive."""
        if amount <= 0:
            return False
        self._balance += amount
        return True

    def withdraw(self, amount: int) -> int:
        """Takes amount + FEE out, or as much as there is, and returns it without FEE; returns 0 where it is <= 0."""
        result = min(amount, self._balance - FEE)
        if result <= 0:
            return 0
        self._balance = self._balance - result - FEE
        return result

    def balance(self) -> int:
        """Returns the balance."""
        return self._balance
''',
        {"FEE": (1, 2, 3, 4, 5)},
    ),
    Family(
        "odometer",
        "let if",
        '''\
class Odometer:
    """A counter that goes in steps from where it starts, and starts again where it would be above MOST."""

    def __init__(self, start: int, step: int) -> None:
        self._start: int = start
        self._step: int = step
        self._value: int = start

    def advance(self) -> bool:
        """Goes one step on and returns true; starts again and returns false where the value would be above MOST."""
        result = self._value + self._step <= MOST
        self._value = self._value + self._step if result else self._start
        return result

    def value(self) -> int:
        """Returns the value."""
        return self._value

    def reset(self) -> int:
        """Starts again and returns the value that was there before."""
        result = self._value
        self._value = self._start
        return result
''',
        {"MOST": (6, 7, 8, 9, 10)},
    ),
)


KEYS = {
    " ".join([family.name, *map(str, numbers)]): (family, numbers)
    for family in FAMILIES
    for numbers in itertools.product(*family.numbers.values())
}
"""Family and numbers of each design."""


@functools.cache
def design(key: str) -> Design:
    """Raises KeyError where there is none of that key."""
    family, numbers = KEYS[key]
    features = tuple(family.features.split())
    return Design(key, family.name, numbers, *read_class(source(key), features), features)


def source(key: str) -> str:
    """The class in Python."""
    family, numbers = KEYS[key]
    chosen = dict(zip(family.numbers, map(str, numbers), strict=True))
    return re.sub(r"\b[A-Z]{3,}\b", lambda match: chosen.get(match[0], match[0]), family.source)
