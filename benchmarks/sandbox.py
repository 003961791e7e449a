"""Verdicts a second of the sandbox, warm, by language, for callers in one thread and in two.

A verdict is one program with ten calls: Python from a server that is there, JavaScript and Java from processes that are
started ahead, Java with compilation. Beside it, what the first verdict takes, which is cold.
"""

import threading
import time
from typing import Any

from zeroloop.sandbox import LANGUAGES, Call, Workers, available

SOURCES = {
    "python": """
def total(numbers):
    result = {number}
    for n in numbers:
        result += n
    return result
""",
    "javascript": """
function total(numbers) {
  let result = {number};
  for (const n of numbers) result += n;
  return result;
}
""",
    "java": """
import java.util.List;

class Solution {
    static long total(List<Long> numbers) {
        long result = {number};
        for (long n : numbers) {
            result += n;
        }
        return result;
    }
}
""",
}
CALLS = [Call("total", [list(range(n))]) for n in range(10)]


def run(quick: bool) -> dict[str, Any]:
    """For each language, milliseconds of the first verdict, and verdicts a second afterwards."""
    return {language: available(language) or measured(language, 0.3 if quick else 20.0) for language in LANGUAGES}


def measured(language: str, seconds: float) -> dict[str, Any]:
    """The figures of a language; each part takes so many seconds."""
    with Workers() as workers:
        began = time.perf_counter()
        verdict(workers, language, 0)
        first = time.perf_counter() - began
        rate(workers, language, 1, seconds / 4)  # compilers get faster while they work
        found: dict[str, Any] = {"first_ms": 1000 * first}
        for threads in (1, 2):
            found[f"verdicts_per_second_{threads}_threads"] = rate(workers, language, threads, seconds)
    return found


def rate(workers: Workers, language: str, threads: int, seconds: float) -> float:
    """Verdicts a second of some threads together."""
    counts = [0] * threads
    began = time.perf_counter()

    def work(thread: int) -> None:
        while time.perf_counter() - began < seconds:
            verdict(workers, language, counts[thread] * threads + thread)
            counts[thread] += 1

    running = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return sum(counts) / (time.perf_counter() - began)


def verdict(workers: Workers, language: str, number: int) -> None:
    """One program, which differs from the others. Raises AssertionError where it is not right."""
    outcomes = workers.run(language, SOURCES[language].replace("{number}", str(number)), CALLS).outcomes
    expected = [number + sum(range(n)) for n in range(10)]
    assert [outcome.value for outcome in outcomes] == expected, outcomes


if __name__ == "__main__":
    print(run(quick=False))
