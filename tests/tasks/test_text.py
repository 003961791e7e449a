import threading

import pytest

from zeroloop.contracts import Task, Verdict
from zeroloop.envs import text as rules
from zeroloop.errors import SettingError, TaskError
from zeroloop.tasks import kind_of, text, verify
from zeroloop.testing.environments import EnvironmentConformance
from zeroloop.testing.tasks import TaskKindConformance

SEED = {
    "task_id": "custom_0",
    "type": "custom",
    "difficulty": 0.5,
    "problem": "Your problem description",
    "answer": "Expected answer",
}
PROBLEMS = ("Write 1", "Naïve:\n2 lines", "x" * 40 + " and a much longer problem" * 5, "", 'Say "\\".')


class TestRules(EnvironmentConformance):
    environment = rules.environment()
    tasks = (None, *({"problem": problem, "answer": 1, "max_length": 3} for problem in PROBLEMS))
    episodes = 6


class TestKind(TaskKindConformance):
    kind = text.kind()


@pytest.fixture
def registered():
    """`registered(type, verifier)`, taken back at the end."""
    types = []

    def register(task_type: str, verifier: text.Verifier) -> None:
        types.append(task_type)
        text.register_verifier(task_type, verifier)

    yield register
    for each in types:
        text.register_verifier(each, None)


def task(answer: object, problem: str = "What is it?", **fields: object) -> Task:
    return {"type": "riddle", "problem": problem, "answer": answer, **fields}


def written(problem: Task, answer: str) -> tuple[float, list[str]]:
    """The reward of writing an answer, and the claims."""
    kind = kind_of(problem)
    environment = kind.environment(problem)
    state, claims = environment.initial_state(problem), []
    for sign in [*answer, "end"]:
        name = {" ": "space", "end": "end"}.get(sign, f"capital {sign.lower()}" if sign.isupper() else sign)
        action = environment.parse_action(state, name)
        claims.append(environment.claim(state, action))
        state, reward, _, terminal = environment.step(state, action)
    assert terminal and environment.answer(state) == answer
    return reward, claims


def test_a_task_of_an_author_is_solved_by_writing():
    reward, claims = written(SEED, "Expected answer")
    assert reward == 1 and kind_of(SEED).check_chain(SEED, claims) is None
    assert claims[0] == 'Write "E": the text is now "E".'
    assert claims[-1] == 'End: the text is "Expected answer".'
    assert written(SEED, "expected answer")[0] == 0


def test_quotes_are_quoted_as_json_has_them():
    problem = task('a\\"')
    reward, claims = written(problem, 'a\\"')
    assert reward == 1 and kind_of(problem).check_chain(problem, claims) is None
    assert claims[-1] == 'End: the text is "a\\\\\\"".'


@pytest.mark.parametrize(
    ("expected", "answer", "verdict"),
    [
        ("4", "4", "correct"),
        ("4", 4, "correct"),
        ("4", " 4.0\n", "correct"),
        ("4", "14", "wrong"),
        ("4", "40", "wrong"),
        ("4", "8/2", "wrong"),
        ("4", "2 + 2", "wrong"),
        ("4", "x = 4", "wrong"),
        ("4", True, "wrong"),
        (4, "4", "correct"),
        (1, True, "wrong"),
        (0.1, "1/10", "correct"),
        (0.1, 0.1, "correct"),
        ("7/2", 3.5, "correct"),
        ("7/2", "14/4", "wrong"),
        (-3, "−3", "correct"),
        (10**20, "1e20", "correct"),
        (1e300, "1e300", "correct"),
        ("007", "007", "correct"),
        ("007", "7", "wrong"),
        ("2024-01-15", "2008", "wrong"),
        ("Paris", " Paris ", "correct"),
        ("Paris", "paris", "wrong"),
        ("Paris", "Paris, France", "wrong"),
        ("a  b", "a b", "wrong"),
        ("naïve", "naïve", "correct"),
        ("-", 10**5000, "wrong"),
        ("5", 10**5000, "wrong"),
        ("x" * 10_000, "x" * 10_000, "correct"),
        (True, "True", "error"),
        (None, "None", "error"),
        ([1], "[1]", "error"),
        (" ", "", "error"),
        (float("nan"), "nan", "error"),
        (10**5000, "1", "error"),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) or abs(value) < 10**30 else "huge",
)
def test_texts_and_numbers_are_compared_exactly(expected, answer, verdict):
    found = verify(task(expected), answer)
    assert (found.verdict, found.score) == (verdict, float(verdict == "correct"))
    assert found.evidence if verdict != "error" else "answer" in found.evidence


@pytest.mark.parametrize("answer", ["4", 0.5, -1, "a.b.", "kk", "11", "007", "0"])
def test_what_is_right_and_what_is_not_is_told_apart_for_all_answers(answer):
    class Check(TaskKindConformance):
        kind = text.kind()

        def tasks(self):
            return [task(answer)]

    Check().test_right_answers_are_accepted_in_all_notations()
    Check().test_near_misses_score_nothing()
    Check().test_the_steps_of_the_reference_lead_to_its_answer()


@pytest.mark.parametrize("length", [1, 31, 32, 33, 64])
def test_the_length_of_the_text_does_not_tell_that_of_the_answer(length):
    problem = task("k" * length)
    state = kind_of(problem).environment(problem).initial_state(problem)
    assert state.sheet.limit == (32 if length <= 32 else 64)
    assert len(rules.environment().tokens(state)) == 2 + len("What is it?")
    assert written(problem, "k" * length)[0] == 1


def test_all_tasks_share_an_environment_that_is_called_the_same_in_every_process():
    kind = text.kind()
    assert kind.environment(task("k")) is text.kind().environment(SEED)
    assert str(kind.environment_options(SEED)) == "{'score': Verified()}"


def test_a_text_of_the_largest_length_can_only_end():
    environment = rules.environment()
    state = environment.initial_state({"problem": "Two letters", "answer": "ok", "max_length": 2})
    assert len(environment.legal_actions(state)) == environment.num_actions == 96
    state = environment.step(environment.step(state, 0).state, 1).state
    assert [environment.action_name(state, each) for each in environment.legal_actions(state)] == ["end"]


@pytest.mark.parametrize("answer", ["k" * 65, "naïve", "two\nlines", 10**64, 10**5000], ids=range(5))
def test_an_answer_that_cannot_be_written_is_refused(answer):
    with pytest.raises(TaskError, match="answer"):
        problem = task(answer)
        kind_of(problem).environment(problem).initial_state(problem)


def test_the_end_of_a_long_problem_is_shown():
    problem = f"{'much before ' * 1_000}\n\n  What is naïve?"
    environment = rules.environment()
    for answer, shown in (("k", 94), ("k" * 40, 62)):
        state = environment.initial_state(task(answer, problem))
        assert len(state.sheet.shown) == shown and state.sheet.shown.endswith("much before What is na?ve?")
        assert len(environment.tokens(state)) == shown + 2
        while len(environment.legal_actions(state)) > 1:
            state = environment.step(state, 5).state
        assert len(environment.tokens(state)) == environment.num_tokens == 128


@pytest.mark.parametrize(
    "claims",
    [
        ['Write "o": the text is now "o".', 'Write "k": the text is now "ok".'],
        ['Write "o": the text is now "o".', 'End: the text is "ok".'],
        ['Write "o": the text is now "ok".', 'End: the text is "ok".'],
        ['Write "ok": the text is now "ok".', 'End: the text is "ok".'],
        ['Write "o": the text is now "o".', 'End: the text is "o".'],
        ['End: the text is "".', 'End: the text is "ok".'],
        ["Write o", 'End: the text is "ok".'],
        ["Write " + "[" * 10_000, 'End: the text is "ok".'],
    ],
    ids=range(8),
)
def test_false_sentences_are_found(claims):
    kind = text.kind()
    chain = ['Write "o": the text is now "o".', 'Write "k": the text is now "ok".', 'End: the text is "ok".']
    assert kind.check_chain(task("ok"), chain) is None
    assert kind.check_chain(task("ok"), claims) is not None


def test_an_author_registers_a_verifier(registered):
    def shorter(problem: Task, answer: object) -> Verdict:
        """Any text with an e, the better the shorter."""
        assert isinstance(answer, str)
        return Verdict("correct", 1 / len(answer), "has an e") if "e" in answer else Verdict("wrong", 0, "no e")

    problem = {"type": "with e", "kind": "text", "problem": "Write something with an e"}
    assert verify(problem, "e").verdict == "error"
    registered("with e", shorter)
    assert verify(problem, "e") == Verdict("correct", 1.0, "has an e")
    assert written(problem, "the ")[0] == 0.25 and written(problem, "a")[0] == 0
    assert verify(problem, "x").verdict == "wrong"
    assert verify(problem, 7).evidence.startswith("the registered verifier failed: AssertionError")
    assert text.kind().solve(problem) is None
    solution = text.kind().solve({**problem, "answer": "me"})
    assert solution is not None and solution.steps == ("m", "e", "end")
    assert text.kind().solve({**problem, "answer": "you"}) is None


@pytest.mark.parametrize(
    "found",
    [None, "correct", ("right", 1, ""), ("correct", 2, ""), ("correct", float("nan"), ""), ("correct", "1", "")],
)
def test_a_verifier_that_fails_is_an_error_and_no_wrong_answer(registered, found):
    registered("riddle", lambda problem, answer: found)
    verdict = verify(task("4"), "4")
    assert (verdict.verdict, verdict.score) == ("error", 0) and "registered verifier" in verdict.evidence
    assert written(task("4"), "4")[0] == 0


def test_the_last_verifier_counts(registered):
    registered("riddle", lambda problem, answer: Verdict("wrong", 1.0, "first"))
    registered("riddle", lambda problem, answer: Verdict("wrong", 1.0, "second"))
    assert verify(task("4"), "4") == Verdict("wrong", 0.0, "second")
    assert verify({**task("4"), "type": "other"}, "4").verdict == "correct"
    text.register_verifier("riddle", None)
    assert verify(task("4"), "4").verdict == "correct"


def test_threads_may_register(registered):
    names = [f"type {number}" for number in range(50)]

    def register(part: int) -> None:
        for name in names[part::4]:
            registered(name, lambda problem, answer, name=name: Verdict("correct", 1.0, name))

    threads = [threading.Thread(target=register, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verify({**task("4"), "type": name}, "").evidence for name in names] == names


@pytest.mark.parametrize(("task_type", "verifier"), [("", print), (3, print), ("riddle", "print")])
def test_what_is_no_verifier_is_refused(task_type, verifier):
    with pytest.raises(SettingError):
        text.register_verifier(task_type, verifier)
