"""Runs foreign code in Python, JavaScript and Java behind bubblewrap, and never without it; knows no tasks.

`run` runs calls of functions, and of methods of objects, in a source. What the code returned comes back; whether that
is right is decided by the caller, so nothing that the code could find inside tells it what would be right.
"""

from zeroloop.sandbox.calls import Call, Outcome, Run, Value
from zeroloop.sandbox.protection import Limits
from zeroloop.sandbox.workers import LANGUAGES, Workers, available, examine, run

__all__ = ["LANGUAGES", "Call", "Limits", "Outcome", "Run", "Value", "Workers", "available", "examine", "run"]
