"""The commands that only show: list, doctor and bench; and the progress of a run."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from zeroloop.cli import bench, doctor
from zeroloop.cli.progress import ConsoleReporter, clock

FIELDS = {
    "iteration": 3,
    "iterations": 10,
    "phase": "self-play",
    "fraction": 0.25,
    "games": 1234,
    "positions_per_second": 8120.4,
    "simulations_per_second": 51000.0,
    "cache_hit_rate": 0.431,
    "policy_loss": 1.2345,
    "value_loss": 0.8,
    "elo": 812.4,
    "weak_error": 0.041,
    "seconds": 75.0,
    "seconds_left": 3675.0,
    "unknown_to_the_reporter": 1,
}


def test_list_has_a_line_about_every_part(zeroloop):
    answer = zeroloop("list", "--json")
    parts = answer.json
    assert {"connect_four", "tic_tac_toe", "path_finding"} <= set(parts["games"])
    assert "resnet" in parts["networks"]
    assert {"quickstart", "connect_four", "tic_tac_toe"} <= set(parts["recipes"])
    assert all(text for entries in parts.values() for text in entries.values())
    assert "connect_four" in zeroloop("list").out


def test_doctor_finds_this_machine_sound(zeroloop):
    answer = zeroloop("doctor", "--json")
    assert answer.code == 0
    assert answer.json["ok"]
    assert {"python", "native core", "processor", "torch", "openvino", "sandbox python", "sandbox java", "gpu"} <= {
        finding["name"] for finding in answer.json["findings"]
    }
    assert "cores for this process" in zeroloop("doctor").out


def test_doctor_says_how_to_get_what_is_missing(zeroloop, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    found = {finding.name: finding for finding in doctor.examine()}
    assert found["openvino"].remedy.endswith('pip install "zeroloop[cpu]"')
    assert found["compiler"].found == "missing"
    for language in ("python", "javascript", "java"):
        assert found[f"sandbox {language}"].found == "missing"
        assert "apt-get install bubblewrap" in found[f"sandbox {language}"].remedy
    assert not found["openvino"].required


def test_a_broken_core_fails(zeroloop, monkeypatch):
    def absent(name):
        raise ImportError("no such file")

    monkeypatch.setattr(doctor.importlib, "import_module", absent)
    assert doctor._native().remedy == "compile it with: make install"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one benchmark, one helper and one script."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    code = '"""Counts."""\nfrom benchmarks import common\ndef run(quick): return common.result(quick)\n'
    (tmp_path / "benchmarks" / "counting.py").write_text(code)
    helper = 'def result(quick):\n    print("busy")\n    return {"rate": 12345.678, "by size": {"8": quick}}\n'
    (tmp_path / "benchmarks" / "common.py").write_text(helper)
    monkeypatch.setattr(bench.zeroloop, "__file__", str(tmp_path / "zeroloop" / "__init__.py"))
    monkeypatch.setattr("sys.path", list(bench.sys.path))
    for name in [name for name in bench.sys.modules if name.partition(".")[0] == "benchmarks"]:
        monkeypatch.delitem(bench.sys.modules, name)
    return tmp_path


def test_bench_runs_what_is_in_the_checkout(zeroloop, checkout):
    answer = zeroloop("bench", "counting", "--quick", "--json")
    assert answer.code == 0, answer
    assert answer.json == {"rate": 12345.678, "by size": {"8": True}}
    assert "1.235e+04" in zeroloop("bench", "counting").out
    for name in [name for name in bench.sys.modules if name.partition(".")[0] == "benchmarks"]:
        del bench.sys.modules[name]


def test_bench_refuses_unknown_names(zeroloop, checkout):
    zeroloop("bench", "countng").refused(2, "unknown benchmark 'countng'; did you mean 'counting'?")
    zeroloop("bench", "common").refused(2, "unknown benchmark 'common'")
    zeroloop("bench").refused(2, "which benchmark? counting")


def test_bench_without_a_checkout_says_where_they_are(zeroloop, monkeypatch, tmp_path):
    monkeypatch.setattr(bench.zeroloop, "__file__", str(tmp_path / "site" / "zeroloop" / "__init__.py"))
    zeroloop("bench", "nothing").refused(2, "run this in a checkout")


def report(terminal):
    text = io.StringIO()
    with ConsoleReporter(Console(file=text, force_terminal=terminal, width=160, highlight=False)) as reporter:
        reporter.started({"game": "connect_four", "resumed": None})
        reporter.progress(FIELDS)
        reporter._live.refresh()
        reporter.message("match: [the best] stays")
        reporter.iteration(FIELDS | {"promoted": True})
        reporter.finished({"elo": 900.0, "weak_error_before.hard": 0.5, "weak_error_after.hard": 0.125})
    assert reporter.result["elo"] == 900.0
    return text.getvalue()


def test_progress_is_live_on_a_terminal():
    text = report(terminal=True)
    for part in ("self-play", "1:01:15 left", "51,000", "43.1%", "+812", "4.1%"):
        assert part in text


def test_progress_is_one_line_an_iteration_elsewhere():
    lines = report(terminal=False).splitlines()
    assert lines[0] == "game connect_four"
    assert lines[1] == "match: [the best] stays"
    assert lines[2].startswith("iteration 3/10  time 1:15  games 1,234  positions/s 8,120")
    assert lines[2].endswith("Elo +812  weak error 4.1%  promoted")
    assert lines[3].split() == ["weak", "error", "before", "after"]
    assert lines[4].split() == ["hard", "50.0%", "12.5%"]
    assert lines[5] == "finished  Elo +900"
    assert len(lines) == 6


def test_clock():
    assert [clock(value) for value in (0, 9.7, 75, 3675)] == ["0:00", "0:09", "1:15", "1:01:15"]


def test_benchmarks_of_this_repository_describe_themselves():
    for file in bench.benchmarks().values():
        assert file.parent == Path(__file__).parents[2] / "benchmarks"
