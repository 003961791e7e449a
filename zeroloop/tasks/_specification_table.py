"""Functions with a name: a table of what they return and how, and their oracles."""

import functools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

_TABLE = """
sum list | numbers: list | int | 2 | sum(numbers)
    the sum of the numbers
largest | numbers: filled | int | 2 | max(numbers)
    the largest number
smallest | numbers: filled | int | 2 | min(numbers)
    the smallest number
length | numbers: list | int | 2 | len(numbers)
    how many numbers there are
first | numbers: filled | int | 3 | numbers[0]
    the first number
last | numbers: filled | int | 3 | numbers[-1]
    the last number
reverse list | numbers: list | list[int] | 2 | numbers[::-1]
    the numbers in reverse
ascending | numbers: list | list[int] | 2 | sorted(numbers)
    the numbers in ascending order
descending | numbers: list | list[int] | 3 | sorted(numbers)[::-1]
    the numbers in descending order
spread | numbers: filled | int | 5 | max(numbers) - min(numbers)
    the difference between the largest and the smallest number
extremes | numbers: filled | int | 5 | max(numbers) + min(numbers)
    the sum of the largest and the smallest number
count largest | numbers: filled | int | 4 | numbers.count(max(numbers))
    how often the largest number occurs
median | numbers: filled | int | 7 | sorted(numbers)[len(numbers) // 2]
    the middle one of the numbers in ascending order (the upper one of two)
mean | numbers: filled | int | 5 | sum(numbers) // len(numbers)
    the mean of the numbers, rounded down
same both ways | numbers: list | bool | 4 | numbers == numbers[::-1]
    whether the numbers read the same from both ends
is ascending | numbers: list | bool | 4 | numbers == sorted(numbers)
    whether the numbers are in ascending order (neighbours may be equal)
same ends | numbers: filled | bool | 7 | numbers[0] == numbers[-1]
    whether the first number equals the last one
count above mean | numbers: list | int | 10 | len([x for x in numbers if x * len(numbers) > sum(numbers)])
    how many numbers are greater than the mean of all
all equal | numbers: list | bool | 7 | all(x == numbers[0] for x in numbers)
    whether all numbers are equal
has twins | numbers: list | bool | 7 | any(numbers.count(x) > 1 for x in numbers)
    whether some number occurs more than once
singles | numbers: list | list[int] | 7 | [x for x in numbers if numbers.count(x) == 1]
    the numbers that occur once, in order
alternating sum | numbers: list | int | 6 | result = 0; for x in numbers: result = x - result
    the last number minus the one before it, plus the one before that, and so on
from digits | numbers: list | int | 8 | result = 0; for x in numbers: result = 10 * result + x
    the sum of the numbers, the last one times 1, the one before it times 10, the one before that times 100, and so on
from end {k} | numbers: list | int | 4 | sorted(numbers)[-{k}] | 2 3 4 5
    the number in place {k} when the largest is in place 1 (equal ones have places of their own) \
-- there are at least {k} numbers
sum largest {k} | numbers: list | int | 6 | sum(sorted(numbers)[::-1][:{k}]) | 2 3 4 5
    the sum of the {k} largest numbers, or of all where there are fewer
sum smallest {k} | numbers: list | int | 5 | sum(sorted(numbers)[:{k}]) | 2 3 4 5
    the sum of the {k} smallest numbers, or of all where there are fewer
sum after {k} | numbers: list | int | 4 | sum(numbers[{k}:]) | 1 2 3 4
    the sum of all numbers but the first {k}
rotate {k} | numbers: list | list[int] | 7 | numbers[{k}:] + numbers[:{k}] | 1 2 3
    the numbers with the first {k} moved to the end
has {k} | numbers: list | bool | 3 | {k} in numbers | 0 1 2 3 4 5
    whether {k} is among the numbers
count {k} | numbers: list | int | 3 | numbers.count({k}) | 0 1 2 3 4 5
    how many of the numbers are {k}
list above k | numbers: list, k: int | list[int] | 5 | [x for x in numbers if x > k]
    the numbers that are greater than k, in order
count above k | numbers: list, k: int | int | 6 | len([x for x in numbers if x > k])
    how many numbers are greater than k
sum above k | numbers: list, k: int | int | 6 | sum(x for x in numbers if x > k)
    the sum of those numbers that are greater than k
sum below k | numbers: list, k: int | int | 6 | sum(x for x in numbers if x < k)
    the sum of those numbers that are less than k
without k | numbers: list, k: int | list[int] | 5 | [x for x in numbers if x != k]
    the numbers that are not k, in order
count k | numbers: list, k: int | int | 3 | numbers.count(k)
    how often k is among the numbers
has k | numbers: list, k: int | bool | 3 | k in numbers
    whether k is among the numbers
times k | numbers: list, k: int | list[int] | 5 | [k * x for x in numbers]
    the numbers, each times k
sum of multiples | numbers: list, k: positive | int | 8 | sum(x for x in numbers if x % k == 0)
    the sum of those numbers that are divisible by k
count multiples | numbers: list, k: positive | int | 8 | len([x for x in numbers if x % k == 0])
    how many numbers are divisible by k
kth smallest | numbers: list, k: positive | int | 6 | sorted(numbers)[k - 1]
    the number in place k when the smallest is in place 1 -- there are at least k numbers
sum largest | numbers: list, k: natural | int | 6 | sum(sorted(numbers)[::-1][:k])
    the sum of the k largest numbers, or of all where there are fewer
rotate by k | numbers: list, k: natural | list[int] | 7 | numbers[k:] + numbers[:k]
    the numbers with the first k, or all where there are fewer, moved to the end
common | first: list, second: list | list[int] | 5 | [x for x in first if x in second]
    those numbers of first, in order, that are in second too
missing | first: list, second: list | list[int] | 6 | [x for x in first if x not in second]
    those numbers of first, in order, that are not in second
count common | first: list, second: list | int | 6 | len([x for x in first if x in second])
    how many numbers of first are in second too
difference of sums | first: list, second: list | int | 5 | sum(first) - sum(second)
    the sum of first minus the sum of second
merged | first: list, second: list | list[int] | 4 | sorted(first + second)
    all numbers of both in ascending order
same numbers | first: list, second: list | bool | 5 | sorted(first) == sorted(second)
    whether both have the same numbers, each as often
is subset | first: list, second: list | bool | 5 | all(x in second for x in first)
    whether all numbers of first are in second
there and back | first: list, second: list | list[int] | 4 | first + second[::-1]
    the numbers of first, followed by those of second in reverse
factorial | n: natural | int | 9 | result = 1; for x in range(n): result *= x + 1
    the product of all integers from 1 to n
power | a: int, n: natural | int | 7 | result = 1; for x in range(n): result *= a
    a to the power of n
power of {k} | n: natural | int | 7 | result = 1; for x in range(n): result *= {k} | 2 3 5
    {k} to the power of n
count divisors | n: positive | int | 11 | len([x for x in range(n) if n % (x + 1) == 0])
    how many integers from 1 to n divide n
prime check | n: natural | bool | 13 | len([x for x in range(n) if n % (x + 1) == 0]) == 2
    whether n is a prime number
sum of divisors | n: positive | int | 14 | sum(x + 1 for x in range(n) if n % (x + 1) == 0)
    the sum of those integers from 1 to n that divide n
greatest common divisor | a: positive, b: positive | int | 22 | \
max(x + 1 for x in range(a) if a % (x + 1) == 0 and b % (x + 1) == 0)
    the greatest integer that divides both a and b
absolute difference | a: int, b: int | int | 4 | abs(a - b)
    the distance between a and b
maximum of two | a: int, b: int | int | 3 | max(a, b)
    the larger one of a and b
maximum of three | a: int, b: int, c: int | int | 5 | max(a, max(b, c))
    the largest one of a, b and c
middle of three | a: int, b: int, c: int | int | 9 | max(min(a, b), min(max(a, b), c))
    the middle one of a, b and c in ascending order
clamp | n: int, low: int, high: int | int | 5 | min(max(n, low), high)
    low where n is below it, high where n is above it, and else n -- low is at most high
is between | n: int, low: int, high: int | bool | 7 | n >= low and n <= high
    whether n is from low to high
divides | a: positive, b: int | bool | 5 | b % a == 0
    whether a divides b
last digit | n: natural | int | 3 | n % 10
    the last decimal digit of n
sign | n: int | int | 5 | max(min(n, 1), -1)
    1 where n is positive, -1 where it is negative, and else 0
reverse string | text: text | str | 2 | text[::-1]
    the text backwards
shout | text: text | str | 2 | text.upper()
    the text in capitals
text length | text: text | int | 2 | len(text)
    how many characters the text has
palindrome | text: text | bool | 4 | text == text[::-1]
    whether the text reads the same from both ends
mirror | text: text | str | 4 | text + text[::-1]
    the text followed by itself backwards
first character | text: word | str | 3 | text[0]
    the first character
last character | text: word | str | 3 | text[-1]
    the last character
same ends of text | text: word | bool | 7 | text[0] == text[-1]
    whether the first character is also the last one
repeat | text: text, n: natural | str | 3 | text * n
    the text n times in a row
repeat {k} | text: text | str | 3 | text * {k} | 2 3 4
    the text {k} times in a row
join | first: text, second: text | str | 3 | second + first
    second followed by first
contains | text: text, part: text | bool | 3 | part in text
    whether part occurs in the text
starts with | text: text, part: text | bool | 6 | text[:len(part)] == part
    whether the text begins with part
longer text | first: text, second: text | str | 8 | second if len(second) > len(first) else first
    the longer one of both texts, first where they are equally long
swap halves | text: text | str | 13 | text[len(text) // 2:] + text[:len(text) // 2]
    the text with its second half, which is the longer one where they differ, before its first
begin {k} | text: text | str | 3 | text[:{k}] | 1 2 3 4
    the first {k} characters, or all where there are fewer
without first {k} | text: text | str | 3 | text[{k}:] | 1 2 3 4
    the text without its first {k} characters
rotate text {k} | text: text | str | 7 | text[{k}:] + text[:{k}] | 1 2 3
    the text with its first {k} characters moved to the end
longer than {k} | text: text | bool | 4 | len(text) > {k} | 2 3 4 5
    whether the text has more than {k} characters
double letters | text: text | str | 8 | result = ""; for c in text: result += c + c
    every character of the text twice in a row
letters {k} times | text: text | str | 8 | result = ""; for c in text: result += c * {k} | 3 4
    every character of the text {k} times in a row
count letter {k} | text: text | int | 3 | text.count("{k}") | a b e
    how often "{k}" occurs
has letter {k} | text: text | bool | 3 | "{k}" in text | a b e
    whether "{k}" occurs
remove {k} | text: text | str | 11 | result = ""; for c in text: result += "" if c == "{k}" else c | a b e
    the text without every "{k}"
replace {k} by x | text: text | str | 11 | result = ""; for c in text: result += "x" if c == "{k}" else c | a b e
    the text with "x" in place of every "{k}"
space with {k} | text: text | str | 8 | result = ""; for c in text: result += c + "{k}" | a x
    the text with "{k}" after each of its characters
count letters {k} | text: text | int | 11 | result = 0; for c in text: result += 1 if c in "{k}" else 0 | aeiou abc xyz
    how many characters of the text are among "{k}"
without letters {k} | text: text | str | 11 | \
result = ""; for c in text: result += "" if c in "{k}" else c | aeiou abc xyz
    the text without all characters that are among "{k}"
"""
"""Two lines each: key, parameters and their domains, type, size and reference, and for some the values of {k}; then
what is returned, and for some, after "--", a promise."""


class Row(NamedTuple):
    """One function, or one for each value of {k}.

    texts: key, parameters, type, what it returns, reference, promise.
    """

    key: str
    texts: tuple[str, str, str, str, str, str]
    size: int
    values: tuple[int | str | None, ...]


def _rows() -> Iterator[Row]:
    lines = _TABLE.strip().split("\n")
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        key, parameters, returns, size, body, *values = first.split(" | ")
        says, _, promise = second.strip().partition(" -- ")
        if body.startswith("result"):
            start, loop, step = body.replace(": result", "; result").split("; ")
            body = f"{start}\n{loop}:\n    {step}"
        given = [int(value) if value.isdigit() else value for value in values[0].split()] if values else [None]
        yield Row(key, (key, parameters, returns, says, body, promise), int(size), tuple(given))


ROWS = tuple(_rows())


def _same_ways(values: Any) -> bool:
    return all(a == b for a, b in zip(values, reversed(values), strict=True))


def _kth(values: list[int], k: int) -> int:
    if not 1 <= k <= len(values):
        raise IndexError(k)
    return values[k - 1]


def _clamp(n: int, low: int, high: int) -> int:
    if low > high:
        raise ValueError("low is above high")
    return low if n < low else high if n > high else n


def _product(values: Any) -> int:
    return functools.reduce(lambda a, b: a * b, values, 1)


ORACLES: dict[str, Callable[..., Any]] = {
    "sum list": lambda ns: functools.reduce(lambda a, b: a + b, ns, 0),
    "largest": lambda ns: sorted(ns)[-1],
    "smallest": lambda ns: sorted(ns)[0],
    "length": lambda ns: sum(1 for _ in ns),
    "first": lambda ns: _kth(ns, 1),
    "last": lambda ns: _kth(ns, len(ns)),
    "reverse list": lambda ns: list(reversed(ns)),
    "ascending": lambda ns: sorted(ns),
    "descending": lambda ns: sorted(ns, reverse=True),
    "spread": lambda ns: sorted(ns)[-1] - sorted(ns)[0],
    "extremes": lambda ns: sorted(ns)[-1] + sorted(ns)[0],
    "count largest": lambda ns: sum(x == max(ns) for x in ns),
    "median": lambda ns: _kth(sorted(ns), (len(ns) + 2) // 2),
    "mean": lambda ns: math.floor(Fraction(sum(ns), len(ns))),
    "same both ways": _same_ways,
    "is ascending": lambda ns: all(a <= b for a, b in pairwise(ns)),
    "same ends": lambda ns: ns[:1] == ns[-1:],
    "count above mean": lambda ns: sum(Fraction(sum(ns), len(ns)) < x for x in ns),
    "all equal": lambda ns: len({*ns}) < 2,
    "has twins": lambda ns: len({*ns}) < len(ns),
    "singles": lambda ns: [x for i, x in enumerate(ns) if x not in ns[:i] + ns[i + 1 :]],
    "alternating sum": lambda ns: sum(ns[::-1][::2]) - sum(ns[::-1][1::2]),
    "from digits": lambda ns: sum(x * 10**i for i, x in enumerate(reversed(ns))),
    "from end {k}": lambda k, ns: _kth(sorted(ns, reverse=True), k),
    "sum largest {k}": lambda k, ns: sum(sorted(ns, reverse=True)[:k]),
    "sum smallest {k}": lambda k, ns: sum(ns) - sum(sorted(ns)[k:]),
    "sum after {k}": lambda k, ns: sum(ns) - sum(ns[:k]),
    "rotate {k}": lambda k, ns: [x for part in (ns[k:], ns[:k]) for x in part],
    "has {k}": lambda k, ns: ns.count(k) > 0,
    "count {k}": lambda k, ns: sum(x == k for x in ns),
    "list above k": lambda ns, k: [x for x in ns if x - k >= 1],
    "count above k": lambda ns, k: sum(x - k >= 1 for x in ns),
    "sum above k": lambda ns, k: sum(x for x in ns if x - k >= 1),
    "sum below k": lambda ns, k: sum(x for x in ns if k - x >= 1),
    "without k": lambda ns, k: [x for x in ns if x - k],
    "count k": lambda ns, k: sum(x == k for x in ns),
    "has k": lambda ns, k: ns.count(k) > 0,
    "times k": lambda ns, k: [x * k for x in ns],
    "sum of multiples": lambda ns, k: sum(x for x in ns if x // k * k == x),
    "count multiples": lambda ns, k: sum(x // k * k == x for x in ns),
    "kth smallest": lambda ns, k: _kth(sorted(ns), k),
    "sum largest": lambda ns, k: sum(sorted(ns, reverse=True)[:k]),
    "rotate by k": lambda ns, k: [*ns[k:], *ns[:k]],
    "common": lambda a, b: [x for x in a if b.count(x)],
    "missing": lambda a, b: [x for x in a if not b.count(x)],
    "count common": lambda a, b: sum(b.count(x) > 0 for x in a),
    "difference of sums": lambda a, b: sum([*a, *(-x for x in b)]),
    "merged": lambda a, b: sorted([*b, *a]),
    "same numbers": lambda a, b: all(a.count(x) == b.count(x) for x in [*a, *b]),
    "is subset": lambda a, b: {*a} <= {*b},
    "there and back": lambda a, b: [*a, *reversed(b)],
    "factorial": math.factorial,
    "power": lambda a, n: _product([a] * n),
    "power of {k}": lambda k, n: k**n,
    "count divisors": lambda n: sum(n // d * d == n for d in range(1, n + 1)),
    "prime check": lambda n: n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1)),
    "sum of divisors": lambda n: sum(d for d in range(1, n + 1) if n // d * d == n),
    "greatest common divisor": math.gcd,
    "absolute difference": lambda a, b: max(a, b) - min(a, b),
    "maximum of two": lambda a, b: a if a > b else b,
    "maximum of three": lambda *values: sorted(values)[2],
    "middle of three": lambda *values: sorted(values)[1],
    "clamp": _clamp,
    "is between": lambda n, low, high: n in range(low, high + 1),
    "divides": lambda a, b: b // a * a == b,
    "last digit": lambda n: int(str(n)[-1]),
    "sign": lambda n: (n > 0) - (n < 0),
    "reverse string": lambda text: "".join(reversed(text)),
    "shout": lambda text: "".join(c.upper() for c in text),
    "text length": lambda text: sum(1 for _ in text),
    "palindrome": _same_ways,
    "mirror": lambda text: "".join([*text, *reversed(text)]),
    "first character": lambda text: next(iter(text)),
    "last character": lambda text: next(reversed(text)),
    "same ends of text": lambda text: text.startswith(text[-1]),
    "repeat": lambda text, n: "".join([text] * n),
    "repeat {k}": lambda k, text: "".join([text] * k),
    "join": lambda a, b: f"{b}{a}",
    "contains": lambda text, part: text.find(part) >= 0,
    "starts with": lambda text, part: text.startswith(part),
    "longer text": lambda a, b: max(a, b, key=len),
    "swap halves": lambda text: "".join([*text[len(text) >> 1 :], *text[: len(text) >> 1]]),
    "begin {k}": lambda k, text: "".join(c for i, c in enumerate(text) if i < k),
    "without first {k}": lambda k, text: "".join(c for i, c in enumerate(text) if i >= k),
    "rotate text {k}": lambda k, text: "".join([*text[k:], *text[:k]]),
    "longer than {k}": lambda k, text: text != text[:k],
    "double letters": lambda text: "".join(c * 2 for c in text),
    "letters {k} times": lambda k, text: "".join(c * k for c in text),
    "count letter {k}": lambda k, text: len(text.split(k)) - 1,
    "has letter {k}": lambda k, text: text.find(k) >= 0,
    "remove {k}": lambda k, text: text.replace(k, ""),
    "replace {k} by x": lambda k, text: text.replace(k, "x"),
    "space with {k}": lambda k, text: "".join(c + k for c in text),
    "count letters {k}": lambda k, text: sum(map(k.__contains__, text)),
    "without letters {k}": lambda k, text: "".join(c for c in text if k.find(c) < 0),
}
"""By key; those with a {k} take it first. Written apart from the references. They raise where nothing is defined."""
