"""The command itself: help, unknown words, exit codes, and never a traceback."""

import sys

import pytest

import zeroloop.cli.list
from zeroloop.errors import CheckpointError, SettingError


def test_without_a_command_it_shows_what_there_is(zeroloop) -> None:  # type: ignore[no-untyped-def]
    ...
