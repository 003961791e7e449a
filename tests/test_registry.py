"""Names come from files and entry points; unknown ones get the nearest right word."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from zeroloop import registry
from zeroloop.contracts import Environment
from zeroloop.errors import UnknownNameError


def test_environments_are_found_by_file_name() -> None:
    found = registry.names("envs")
    assert found == sorted(found) and {"connect_four", "path_finding", "tic_tac_toe"} <= {*found}
    assert not [name for name in found if name.startswith("_")]


@pytest.mark.parametrize("name", registry.names("envs"))
def test_every_environment_has_a_factory_and_its_own_name(name: str) -> None:
    environment = registry.load("envs", name).environment()
    assert isinstance(environment, Environment) and environment.name == name


def test_options_reach_the_environment() -> None:
    assert registry.load("envs", "connect_four").environment(width=8).num_actions == 8


@pytest.mark.parametrize(
    ("package", "name", "message"),
    [
        ("envs", "conect_four", "unknown game 'conect_four'; did you mean 'connect_four'?"),
        ("envs", "zzz", "unknown game 'zzz'; known: adjustment, calculate"),
        ("envs", "_helpers", "unknown game '_helpers'"),
        ("envs", "../errors", "unknown game"),
        ("networks", "resnets", "unknown network 'resnets'; did you mean 'resnet'?"),
    ],
)
def test_unknown_names(package: str, name: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        registry.load(package, name)
    assert str(caught.value).startswith(message)


def test_entry_points_of_third_parties(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = [
        EntryPoint("their_game", "zeroloop.envs.tic_tac_toe", "zeroloop.envs"),
        EntryPoint("connect_four", "zeroloop.envs.tic_tac_toe", "zeroloop.envs"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints(theirs).select(group=group))
    assert "their_game" in registry.names("envs")
    assert registry.load("envs", "their_game").environment().name == "tic_tac_toe"
    assert registry.load("envs", "connect_four").environment().name == "connect_four", "our files go first"
