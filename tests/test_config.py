"""Settings merge in order, refuse what is wrong with the path and the nearest word, and survive a trip through TOML."""

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, model_validator

from zeroloop import config
from zeroloop.config import Layer, merge, parse_overrides, parse_toml
from zeroloop.errors import SettingError


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Search(Settings):
    num_simulations: int = Field(128, ge=1)
    """Visits of the root."""
    root_policy: Literal["puct", "gumbel"] = "puct"
    fraction: float = Field(0.25, ge=0, le=1)
    proofs: bool = True


class Run(Settings):
    game: str
    """What is played."""
    minutes: float | None = Field(10.0, gt=0)
    workers: int | Literal["auto"] = "auto"
    channels: tuple[int, ...] = (32, 64)
    game_options: dict[str, Any] = {}
    search: Search = Search(num_simulations=64)
    other: Search | None = None

    @model_validator(mode="after")
    def _finite(self) -> "Run":
        if self.game == "endless":
            raise ValueError("an endless game needs a limit")
        return self


RECIPE = parse_toml('game = "connect_four"\n[search]\nfraction = 0.5', "recipe connect_four")


def command_line(*words: str) -> Run:
    return merge(Run, RECIPE, parse_overrides(Run, words))


def refusal(*words: str) -> str:
    with pytest.raises(SettingError) as caught:
        command_line(*words)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_later_layers_win_and_groups_keep_their_own_defaults() -> None:
    settings = merge(Run, RECIPE, Layer({"minutes": 3}, "a file"), parse_overrides(Run, ["--search.fraction", "0.75"]))
    assert (settings.minutes, settings.search.fraction, settings.search.num_simulations) == (3, 0.75, 64)


@pytest.mark.parametrize(
    ("words", "path", "value"),
    [
        (["--search.num-simulations", "5"], "search.num_simulations", 5),
        (["--search.num_simulations=7"], "search.num_simulations", 7),
        (["--search.num-simulations", "5", "--search.num-simulations", "6"], "search.num_simulations", 6),
        (["--search.proofs", "false"], "search.proofs", False),
        (["--search.proofs"], "search.proofs", True),
        (["--minutes", "none"], "minutes", None),
        (["--minutes", "2.5"], "minutes", 2.5),
        (["--workers", "3"], "workers", 3),
        (["--workers", "auto"], "workers", "auto"),
        (["--channels", "8,16"], "channels", (8, 16)),
        (["--channels", "[8, 16]"], "channels", (8, 16)),
        (["--channels", ""], "channels", ()),
        (["--game-options.width", "7"], "game_options", {"width": 7}),
        (["--game-options.board-name", "small"], "game_options", {"board_name": "small"}),
        (["--game-options", "{width = 5}"], "game_options", {"width": 5}),
        (["--other.fraction", "1"], "other", Search(fraction=1.0)),
        (["--other", "none"], "other", None),
    ],
)
def test_words_become_values_of_the_field_type(words: list[str], path: str, value: object) -> None:
    settings: Any = command_line(*words)
    for name in path.split("."):
        settings = getattr(settings, name)
    assert settings == value


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--search.num-simulatons", "5"], ["--search.num-simulatons: unknown", "mean --search.num-simulations?"]),
        (["--num-simulations", "5"], ["--num-simulations: unknown", "mean --search.num-simulations?"]),
        (["--zzz", "5"], ["--zzz: unknown setting", "known: game, minutes"]),
        (["--search.num-simulations.x", "5"], ["--search.num-simulations.x: unknown"]),
        (["--search.num-simulations", "-3"], ["--search.num-simulations: -3", "greater than or equal to 1"]),
        (["--search.num-simulations", "many"], ["--search.num-simulations: many", "integer"]),
        (["--search.num-simulations", "1.5"], ["1.5 is not allowed", "integer"]),
        (["--search.fraction", "nan"], ["--search.fraction: nan", "less than or equal to 1"]),
        (["--minutes", "inf"], ["minutes: inf is not allowed", "finite number"]),
        (["--search.root-policy", "gumble"], ["--search.root-policy: gumble", "'gumbel'", "did you mean 'gumbel'?"]),
        (["--workers", "most"], ["--workers: most", "integer", "or must be 'auto'"]),
        (["--search", "5"], ["--search: is a group", "--search.num-simulations"]),
        (["--search.num-simulations"], ["--search.num-simulations: needs a value (int)"]),
        (["--minutes", "--workers", "2"], ["--minutes: needs a value (float or none)"]),
        (["stray"], ["'stray': unexpected argument"]),
        (["--"], ["'--': unexpected argument"]),
        (["--channels", "8,x"], ["--channels: x is not allowed", "integer"]),
        (["--search.fraction", "2", "--minutes", "0"], ["--minutes: 0", "--search.fraction: 2"]),
        (["--game", "endless"], ["an endless game needs a limit"]),
    ],
)
def test_a_wrong_word_is_named_with_what_is_allowed(words: list[str], parts: list[str]) -> None:
    message = refusal(*words)
    assert all(part in message for part in parts), message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "[search]\nnum_simulatons = 5",
            ["search.num_simulatons: unknown setting in my.toml", "num_simulations?"],
        ),
        ("[serch]\nfraction = 1.0", ["serch: unknown setting in my.toml"]),
        ("search = 5", ["search: is a group", "search.fraction", "my.toml"]),
        ("[search]\nfraction = 3.0", ["search.fraction: 3.0 is not allowed (in my.toml)", "less than or equal to 1"]),
        ("game = = 3", ["my.toml: malformed TOML", "line 1"]),
        ("game = 3", ["game: 3 is not allowed (in my.toml)", "string"]),
    ],
)
def test_a_wrong_file_is_named_with_the_path(text: str, parts: list[str]) -> None:
    with pytest.raises(SettingError) as caught:
        merge(Run, RECIPE, parse_toml(text, "my.toml"))
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingError, match="game: has no default"):
        merge(Run)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name, part in [
        ("missing.toml", "no such settings file"),
        ("binary.toml", "cannot be read"),
        (".", "cannot be"),
    ]:
        with pytest.raises(SettingError, match=part):
            config.read_toml(tmp_path / name)


def test_dashes_and_underscores_mean_the_same_in_files() -> None:
    assert merge(Run, RECIPE, parse_toml("[search]\nnum-simulations = 9", "f")).search.num_simulations == 9


@given(
    minutes=st.none() | st.floats(min_value=1e-6, max_value=1e12),
    game=st.text().filter(lambda text: text != "endless"),
    channels=st.lists(st.integers(-(2**62), 2**62)).map(tuple),
    options=st.dictionaries(
        st.text(min_size=1).filter(lambda key: "-" not in key),
        st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text().filter(lambda text: text != "none"),
    ),
    other=st.none() | st.builds(Search, proofs=st.booleans(), fraction=st.floats(0, 1)),
)
def test_dump_loads_back_identically(
    minutes: float | None, game: str, channels: tuple[int, ...], options: dict[str, object], other: Search | None
) -> None:
    settings = Run(game=game, minutes=minutes, channels=channels, game_options=options, other=other)
    assert merge(Run, parse_toml(config.dump(settings), "dump")) == settings


def test_differences_name_paths() -> None:
    left, right = command_line("--search.num-simulations", "5"), command_line("--minutes", "none")
    assert config.differences(left, right) == {"minutes": (10.0, None), "search.num_simulations": (5, 64)}


def test_help_lists_every_setting_with_its_default_and_meaning() -> None:
    docs = {doc.path: doc for doc in config.describe(Run)}
    assert docs["game"].default == "required" and docs["game"].text == "What is played."
    assert docs["search.num_simulations"].default == "64", "the default of the group in this model, not of its class"
    assert docs["search.num_simulations"].text == "Visits of the root."
    assert docs["minutes"].kind == "float or none"
    assert docs["search.root_policy"].kind == "puct|gumbel"
    assert docs["other.proofs"].default == "true"
