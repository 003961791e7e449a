"""Every benchmark runs from the command line; no time is asserted."""

import json

import pytest

from zeroloop.cli import main
from zeroloop.cli.bench import benchmarks


@pytest.mark.parametrize("name", benchmarks())
def test_a_quick_run_measures_something(name, capsys):
    assert main(["bench", name, "--quick", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
