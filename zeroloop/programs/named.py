"""Well-known functions, each with a program that a person would write."""

import functools
from typing import NamedTuple

from zeroloop.programs.language import language
from zeroloop.programs.reader import read_with_names
from zeroloop.programs.terms import Function, read_signature


class Named(NamedTuple):
    """A function. helpers: functions that it calls. features, constants: of the language that it is written in."""

    function: Function
    helpers: tuple[Function, ...]
    features: tuple[str, ...]
    constants: tuple[int | str, ...]


class _Row(NamedTuple):
    signature: str
    says: str
    features: str
    body: str
    constants: tuple[int | str, ...] = (0, 1, 2)
    helpers: tuple[str, ...] = ()


_ROWS = (
    _Row(
        "def sum_list(numbers: list[int]) -> int",
        "the sum of the numbers",
        "let loop",
        """\
total = 0
for number in numbers:
    total += number
return total
""",
    ),
    _Row("def reverse_string(text: str) -> str", "the text backwards", "", "text[::-1]"),
    _Row("def is_even(n: int) -> bool", "whether n is even", "", "n % 2 == 0"),
    _Row(
        "def factorial(n: int) -> int",
        "the product of all integers from 1 to n",
        "let loop",
        """\
result = 1
for i in range(2, n + 1):
    result *= i
return result
""",
    ),
    _Row(
        "def binary_search(numbers: list[int], target: int) -> int",
        "an index of the target in ascending numbers, or -1 where it is not among them",
        "let if while",
        """\
low = 0
high = len(numbers) - 1
while low <= high:
    middle = (low + high) // 2
    if numbers[middle] == target:
        return middle
    if numbers[middle] < target:
        low = middle + 1
    else:
        high = middle - 1
return -1
""",
        (0, 1, 2, -1),
    ),
    _Row(
        "def merge(first: list[int], second: list[int]) -> list[int]",
        "all numbers of two ascending lists in ascending order",
        "let if while list",
        """\
result = []
i = 0
j = 0
while i < len(first) and j < len(second):
    if first[i] <= second[j]:
        result.append(first[i])
        i += 1
    else:
        result.append(second[j])
        j += 1
return result + first[i:] + second[j:]
""",
    ),
    _Row(
        "def merge_sort(numbers: list[int]) -> list[int]",
        "the numbers in ascending order",
        "let if recursion",
        """\
if len(numbers) < 2:
    return numbers
middle = len(numbers) // 2
return merge(merge_sort(numbers[:middle]), merge_sort(numbers[middle:]))
""",
        (0, 1, 2),
        ("merge",),
    ),
    _Row(
        "def fibonacci(n: int) -> int",
        "the number in place n of 0, 1, 1, 2, 3, 5 and so on, where each is the sum of the two before it",
        "let loop pair",
        """\
a = 0
b = 1
for i in range(n):
    a, b = b, a + b
return a
""",
    ),
    _Row(
        "def prime_check(n: int) -> bool",
        "whether n is a prime number",
        "let if while",
        """\
if n < 2:
    return False
divisor = 2
while divisor * divisor <= n:
    if n % divisor == 0:
        return False
    divisor += 1
return True
""",
    ),
)


@functools.cache
def named_functions() -> dict[str, Named]:
    """All of them by name; a helper comes before what calls it."""
    found: dict[str, Named] = {}
    for row in _ROWS:
        signature = read_signature(row.signature)
        features, helpers = tuple(row.features.split()), tuple(found[name].function for name in row.helpers)
        spoken = language(signature, row.constants, features, [each.signature for each in helpers])
        function = Function(signature, read_with_names(spoken, row.body), row.says)
        found[signature.name] = Named(function, helpers, features, row.constants)
    return found
