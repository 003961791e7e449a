"""Runs foreign code behind bubblewrap, and never without it; knows no tasks.

`run_python` runs calls of functions in Python source. What the code returned comes back; whether that is right is
decided by the caller, so nothing that the code could find inside tells it what would be right.
"""

from zeroloop.sandbox.protection import Limits, examine
from zeroloop.sandbox.python import Call, Outcome, Run, Value, run_python

__all__ = ["Call", "Limits", "Outcome", "Run", "Value", "examine", "run_python"]
