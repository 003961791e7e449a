"""Fields of tasks, checked: what comes from a file or from another program may be anything."""

from collections.abc import Collection
from typing import Any

from zeroloop.contracts import Task
from zeroloop.errors import TaskError


def integer(task: Task, name: str, low: int, high: int, default: int | None = None) -> int:
    """The integer `task[name]` from `low` to `high`; `default` where it is missing. Raises TaskError otherwise."""
    if name not in task and default is not None:
        return default
    return _integer(_present(task, name), name, low, high)


def integers(task: Task, name: str, low: int, high: int, least: int = 1, most: int = 1_000) -> list[int]:
    """`least` to `most` integers from `low` to `high`. Raises TaskError for anything else in `task[name]`."""
    values = _present(task, name)
    if not isinstance(values, list | tuple) or not least <= len(values) <= most:
        raise TaskError(f"{name} must be a list of {_count(least, most)} integers, not {_short(values)}")
    return [_integer(value, f"{name}[{i}]", low, high) for i, value in enumerate(values)]


def number(task: Task, name: str, low: float, high: float, default: float | None = None) -> float:
    """The number `task[name]` from `low` to `high`; `default` where it is missing. Raises TaskError otherwise."""
    if name not in task and default is not None:
        return default
    value = _present(task, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise TaskError(f"{name} must be a number from {low} to {high}, not {_short(value)}")
    return float(value)


def text(task: Task, name: str, longest: int = 10_000) -> str:
    """The text `task[name]`. Raises TaskError where it is none, or too long."""
    value = _present(task, name)
    if not isinstance(value, str):
        raise TaskError(f"{name} must be text, not {_short(value)}")
    if len(value) > longest:
        raise TaskError(f"{name} has {len(value)} characters; at most {longest} are read")
    return value


def one_of(task: Task, name: str, allowed: Collection[Any], default: Any = None) -> Any:
    """`task[name]`, which must be one of `allowed`; `default` where it is missing. Raises TaskError otherwise."""
    if name not in task and default is not None:
        return default
    value = _present(task, name)
    if not isinstance(value, str | int) or value not in allowed:
        raise TaskError(f"{name} must be one of {', '.join(map(str, allowed))}, not {_short(value)}")
    return value


def _present(task: Task, name: str) -> Any:
    if not isinstance(task, dict):
        raise TaskError(f"a task is a mapping of fields, not {_short(task)}")
    if name not in task:
        raise TaskError(f"{name} is missing; the task has {', '.join(map(str, task)) or 'no fields'}")
    return task[name]


def _integer(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise TaskError(f"{name} must be an integer from {low} to {high}, not {_short(value)}")
    return value


def _count(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**40:
        return "an integer of more than 40 digits"  # Python refuses to write some of these
    shown = repr(value)[:80] if isinstance(value, str | int | float | None) else type(value).__name__
    return shown if len(shown) < 80 else shown + "..."
