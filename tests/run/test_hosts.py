"""Where actors play, and that what goes wrong in a process of its own is told in this one."""

import pytest

from zeroloop.errors import SettingError
from zeroloop.run.actor_process import ActorProcess
from zeroloop.run.hosts import in_processes
from zeroloop.run.players import make_environment
from zeroloop.run.settings import RunSettings


def settings(game, **changes):
    return RunSettings.model_validate({"game": game, "iterations": 1, "workers": 2} | changes)


@pytest.mark.parametrize(
    ("game", "changes", "apart"),
    [
        ("connect_four", {}, False),
        ("path_finding", {}, True),
        ("path_finding", {"workers": 1}, False),
        ("path_finding", {"selfplay": {"actors": 1}}, False),
        ("path_finding", {"selfplay": {"processes": False}}, False),
        ("connect_four", {"selfplay": {"processes": True}}, True),
    ],
)
def test_actors_are_apart_where_python_would_make_them_wait(game, changes, apart):
    assert in_processes(settings(game, **changes), make_environment(game, {})) is apart


def test_what_a_process_raises_is_raised_here_with_its_place():
    actor = ActorProcess(settings("tic_tac_toe", network_options={"chanels": 3}), 0)
    try:
        with pytest.raises(SettingError, match=r"network_options\.chanels") as caught:
            actor.begin_iteration(0, 10)
        assert "actor_host.py" in caught.value.__notes__[0]
    finally:
        actor.close()
