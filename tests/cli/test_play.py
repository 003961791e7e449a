"""A game in the terminal, played from piped input."""

import io

import pytest


@pytest.fixture
def play(zeroloop, monkeypatch):
    def played(lines, *words):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        answer = zeroloop("play", *words)
        assert answer.code == 0, answer
        return answer.out

    return played


def test_people_play_a_whole_game(play):
    out = play("14253", "tic_tac_toe", "--side", "both")
    assert out.endswith("the first player wins\n")
    out = play("152374698", "tic_tac_toe", "--side", "both")
    assert "a draw\n" in out


@pytest.mark.parametrize(("side", "result"), [("first", "a draw|the machine wins"), ("none", "a draw")])
def test_the_machine_plays_well(play, side, result):
    out = play("1234567891234567890", "tic_tac_toe", "--side", side, "--simulations", "200")
    assert any(line in out for line in result.split("|"))
    assert "you win" not in out


def test_the_machine_moves_first_against_the_second_player(play):
    out = play([], "tic_tac_toe", "--side", "second", "--simulations", "10")
    assert out.startswith("machine plays ")


def test_the_end_of_input_ends_politely(play):
    assert play([], "connect_four").endswith("goodbye\n")
    assert play(["q"], "connect_four").endswith("goodbye\n")


def test_a_hint_shows_visits_values_priors_and_proofs(play):
    out = play(["1", "4", "2", "5", "?"], "tic_tac_toe", "--side", "both", "--simulations", "50")
    assert "move" in out and "visits" in out and "value" in out and "prior" in out
    assert "best: 3; proven win (+1.00)" in out
    assert "nothing proven" in play(["hint"], "connect_four", "--simulations", "20")


def test_undo_takes_back_to_the_last_own_move(play):
    out = play(["u", "1", "u", "2"], "tic_tac_toe", "--simulations", "10")
    assert "there is no move of yours to take back" in out
    boards = [out[index : index + 5] for index in range(len(out)) if out.startswith("1 2 3", index)]
    assert len(boards) >= 2, "the empty board is shown again"


def test_an_illegal_move_is_explained(play):
    out = play(["0", "", "5", "5"], "tic_tac_toe", "--side", "both")
    assert "allowed" in out and "undo" in out


def test_one_agent_plays_alone(play):
    out = play(["?", "nowhere"], "path_finding", "--simulations", "20")
    assert "visits" in out and "goodbye" in out


def test_a_checkpoint_plays(play, trained):
    out = play(["5"], "tic_tac_toe", "--checkpoint", trained, "--simulations", "20")
    assert "machine plays" in out


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["chess"], 2, "unknown game 'chess'"),
        (["chess", "--checkpoint", "x"], 2, "unknown game 'chess'"),
        (["connect_four", "--checkpoint", "x"], 1, "there is no checkpoint x"),
        (["connect_four", "--simulations", "0"], 2, "1 or more"),
        (["connect_four", "--side", "third"], 2, "'third'"),
    ],
)
def test_what_is_wrong_is_said(zeroloop, words, code, part):
    zeroloop("play", *words).refused(code, part)
