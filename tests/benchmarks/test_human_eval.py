"""Problems of HumanEval's form become tasks, and count as solved where hidden tests pass, and nowhere else."""

import json

from benchmarks.human_eval import measure

DOUBLED = '''def doubled(numbers: List[int]) -> List[int]:
    """ Return the numbers, each times 2.
    >>> doubled([1, 5])
    [2, 10]
    >>> doubled([])
    []
    """
'''
LONGEST = '''def total(words, k):
    """Return something. Examples:
    total(["a", "bcd"], 2) ➞ 4
    total([], 3) == 3.
    """
'''
HALF = '''def half(number: float) -> float:
    """ >>> half(3.0)
    1.5
    """
'''


def problem(name, prompt, tests):
    check = "def check(candidate):\n" + "".join(f"    assert {test}\n" for test in tests)
    return {"task_id": f"HumanEval/{name}", "prompt": f"from typing import List\n\n{prompt}", "test": check} | {
        "entry_point": prompt.split("(")[0].removeprefix("def "),
        "canonical_solution": "",
    }


def test_problems_are_read_searched_and_verified_by_their_hidden_tests(tmp_path):
    file = tmp_path / "problems.jsonl"
    problems = [
        problem(1, DOUBLED, ["candidate([3]) == [6]", "candidate([-1, 0]) == [-2, 0]"]),
        problem(2, DOUBLED.replace("doubled", "other"), ["candidate([3]) == [7]"]),
        problem(3, LONGEST, ["candidate(['x'], 4) == 5"]),
        problem(4, HALF, ["candidate(2.0) == 1.0"]),
    ]
    file.write_text("\n".join(map(json.dumps, problems)), "utf-8")
    found = measure(file, simulations=10, most=20_000)
    assert (found["problems"], found["expressible"]) == (4, 3)
    assert found["enumeration of 20000"] == {"fit the examples": 3, "solved": 2, "which": "1 3"}
