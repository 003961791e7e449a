"""Training from the command line: what is refused before it starts, what is left behind, and how it continues."""

import json

import pytest

from zeroloop import config, registry
from zeroloop.cli.recipes import read_recipe, recipes
from zeroloop.run.players import make_environment, make_network
from zeroloop.run.settings import RunSettings, SupervisedSettings
from zeroloop.run.supervised import reasoner_config

TINY = ["--selfplay.moves-per-iteration", "200", "--selfplay.games-per-actor", "8", "--arena.num-pairs", "2"]


def stored(run):
    return config.merge(RunSettings, config.read_toml(run / "config.toml"))


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        ([], 2, ["which recipe? connect_four"]),
        (["conect_four"], 2, ["unknown recipe 'conect_four'; did you mean 'connect_four'?"]),
        (["connect_four", "--search.num-simulatons", "5"], 2, ["did you mean --search.num-simulations?"]),
        (["connect_four", "--search.num-simulations", "-3"], 2, ["--search.num-simulations: -3", "equal to 1"]),
        (["connect_four", "--search.num-simulations", "0"], 2, ["--search.num-simulations: 0"]),
        (["connect_four", "--iterations", "-1"], 2, ["--iterations: -1"]),
        (["connect_four", "--minutes", "0"], 2, ["--minutes: 0"]),
        (["connect_four", "--minutes", "none"], 2, ["a run needs an end"]),
        (["connect_four", "--seed"], 2, ["--seed: needs a value (int)"]),
        (["connect_four", "stray"], 2, ["unexpected argument 'stray'"]),
        (["--config", "missing.toml"], 2, ["missing.toml: no such settings file"]),
        (["connect_four", "--config", "bad.toml"], 2, ["bad.toml: malformed TOML"]),
        (["connect_four", "--config", "wrong.toml"], 2, ["serch", "unknown setting in wrong.toml"]),
        (["connect_four", "--game", "conect_four"], 2, ["unknown game 'conect_four'; did you mean 'connect_four'?"]),
        (["connect_four", "--network", "resnett"], 2, ["unknown network 'resnett'; did you mean 'resnet'?"]),
        (["connect_four", "--network-options.chanels", "5"], 2, ["chanels"]),
        (["connect_four", "--game-options.connect", "9"], 2, ["connect"]),
        (["connect_four", "--game-options.size", "9"], 2, ["size"]),
        (["connect_four", "--run", "file/x"], 1, ["file/x"]),
        (["connect_four", "--run", "full"], 1, ["not empty and not a run"]),
        (["connect_four", "--resume"], 1, ["there is no such run to resume"]),
        (["--resume"], 2, ["which run?"]),
        (["connect_four", "--preset", "hrm"], 2, ["unknown preset of recipe connect_four: 'hrm'"]),
        (["sudoku", "--preset", "trn"], 2, ["unknown preset of recipe sudoku: 'trn'; did you mean 'trm'?"]),
        (["--config", "bad.toml", "--preset", "trm"], 2, ["name the recipe too"]),
        (["sudoku", "--search.num-simulations", "5"], 2, ["unknown setting"]),
        (["sudoku", "--puzzle-options.most-clues", "99"], 2, ["not 4 to 99"]),
        (["maze", "--learner.batch-size", "0"], 2, ["--learner.batch-size: 0"]),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing(zeroloop, tmp_path, words, code, parts):
    (tmp_path / "bad.toml").write_text("a = = 1")
    (tmp_path / "wrong.toml").write_text("[serch]\nproofs = true")
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").touch()
    zeroloop("train", *words).refused(code, *parts)
    assert not any((tmp_path / "runs" / name).exists() for name in ("connect_four", "sudoku", "maze"))


def test_a_run_leaves_what_it_promises(trained):
    for name in ("config.toml", "metrics.jsonl", "checkpoints/best_model.pt", "checkpoints/iteration_2.pt"):
        assert (trained / name).is_file()
    assert [json.loads(line)["iteration"] for line in (trained / "metrics.jsonl").read_text().splitlines()] == [1, 2]
    settings = stored(trained)
    assert (settings.iterations, settings.minutes, settings.seed) == (2, None, 3)
    assert settings.selfplay.moves_per_iteration == 200


def test_json_is_the_only_output(zeroloop, tmp_path):
    answer = zeroloop("train", "tic_tac_toe", "--iterations", "1", "--run", "a", "--json", *TINY)
    assert answer.code == 0
    assert answer.json["run"] == "a"
    assert answer.json["iterations"] == 1
    assert "iteration 1/1" in answer.err


def test_a_run_is_continued_longer_and_an_existing_one_is_not_overwritten(zeroloop, tmp_path):
    begin = ["train", "tic_tac_toe", "--iterations", "1", "--seed", "3", "--run", tmp_path / "a", *TINY]
    assert zeroloop(*begin).code == 0
    zeroloop(*begin).refused(1, "continue it with --resume")
    longer = zeroloop("train", "--run", tmp_path / "a", "--resume", "--iterations", "2")
    assert longer.code == 0
    assert "iteration 2/2" in longer.out and "iteration 1/2" not in longer.out
    assert stored(tmp_path / "a").iterations == 2


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["tic_tac_toe", "--seed", "4"], ["seed: the run in", "was started with 3, not 4"]),
        (["--search.num-simulations", "5"], ["search.num_simulations: the run in"]),
        (["connect_four"], ["is a run of 'tic_tac_toe', but recipe 'connect_four' is for 'connect_four'"]),
    ],
)
def test_a_resumed_run_keeps_its_settings(zeroloop, trained, words, parts):
    before = stored(trained)
    zeroloop("train", *words, "--run", trained, "--resume").refused(2, *parts)
    assert stored(trained) == before


def test_a_run_killed_before_its_settings_were_written_begins_anew(zeroloop, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "lock").touch()
    answer = zeroloop("train", "tic_tac_toe", "--iterations", "1", "--run", "a", "--resume", *TINY)
    assert answer.code == 0, answer
    assert stored(tmp_path / "a").iterations == 1


def test_settings_of_a_run_start_another_one(zeroloop, trained, tmp_path):
    answer = zeroloop("train", "--config", trained / "config.toml", "--iterations", "1", "--run", "again")
    assert answer.code == 0, answer
    assert stored(tmp_path / "again").model_dump(exclude={"iterations"}) == stored(trained).model_dump(
        exclude={"iterations"}
    )


def test_ctrl_c_says_how_to_continue(zeroloop, monkeypatch):
    def interrupt(settings, directory, resume, reporter):
        raise KeyboardInterrupt

    monkeypatch.setattr("zeroloop.run.trainer.train", interrupt)
    answer = zeroloop("train", "tic_tac_toe", "--run", "my run")
    assert answer.code == 130
    assert "zeroloop train --run 'my run' --resume" in answer.out


def test_another_network_does_not_get_the_options_of_the_recipes(zeroloop, monkeypatch):
    seen = []
    monkeypatch.setattr("zeroloop.run.trainer.train", lambda settings, *_, **__: seen.append(settings))
    zeroloop("train", "connect_four", "--network", "reasoners", "--run", "a")
    zeroloop("train", "connect_four", "--network", "reasoners", "--network-options.width", "32", "--run", "b")
    zeroloop("train", "connect_four", "--network", "resnet", "--run", "c")
    assert [each.network_options for each in seen] == [{}, {"width": 32}, {"channels": 64, "blocks": 4}]


def test_one_length_replaces_the_recipes_other(zeroloop, monkeypatch):
    seen = []
    monkeypatch.setattr("zeroloop.run.trainer.train", lambda settings, *_, **__: seen.append(settings))
    zeroloop("train", "connect_four", "--iterations", "3", "--run", "a")
    zeroloop("train", "tic_tac_toe", "--minutes", "2", "--run", "b")
    zeroloop("train", "tic_tac_toe", "--minutes", "2", "--iterations", "5", "--run", "c")
    assert [(each.iterations, each.minutes) for each in seen] == [(3, None), (None, 2), (5, 2)]


@pytest.mark.parametrize("recipe", recipes())
def test_every_recipe_is_complete(recipe):
    assert recipes()[recipe].endswith((".", "loop"))
    layers = read_recipe(recipe)
    if "puzzle" not in layers[0].values:
        chosen = config.merge(RunSettings, *layers)
        game = make_environment(chosen.game, chosen.game_options)
        assert make_network(chosen.network, chosen.network_options, game, 0).num_actions == game.num_actions
        return
    for preset in ("trm", "trm-mlp", "hrm", "plain"):
        chosen = config.merge(SupervisedSettings, *read_recipe(recipe, preset))
        puzzle = registry.build("puzzles", chosen.puzzle, chosen.puzzle_options)
        network = chosen.network, chosen.network_preset, chosen.network_options
        assert reasoner_config(*network, puzzle).vocab_size == puzzle.vocab_size


QUICK = ["--steps-per-iteration", "2", "--train-puzzles", "20", "--validation-puzzles", "5", "--test-puzzles", "9"]
QUICK += ["--learner.batch-size", "4", "--network-options.num-recursions", "2", "--puzzle-options.most-clues", "12"]


def test_puzzles_are_trained_resumed_and_evaluated(zeroloop, tmp_path):
    answer = zeroloop("train", "sudoku", "--iterations", "1", "--run", "a", "--json", *QUICK)
    assert answer.code == 0, answer
    assert answer.json["iterations"] == 1 and 0 <= answer.json["exact.best_average"] <= 1
    longer = zeroloop("train", "--run", "a", "--resume", "--iterations", "2")
    assert longer.code == 0 and "iteration 2/2" in longer.out and "zeroloop evaluate a" in longer.out
    zeroloop("train", "maze", "--run", "a", "--resume").refused(2, "a run of 'sudoku', but recipe 'maze' is for 'maze'")
    graded = zeroloop("evaluate", "a", "--json", "--segments", "1", "--no-halt")
    assert graded.json["puzzles"] == 9 and graded.json["segments"] == 1
    assert {*graded.json["weights"]} == {"average", "raw"}
    assert zeroloop("evaluate", "a", "--limit", "3").out.count("\n") == 4
    zeroloop("evaluate", "a", "--game", "connect_four").refused(2, "--game is not for puzzles")
    zeroloop("evaluate", "a", "--search.c-puct", "2").refused(2, "--search is not for puzzles")
