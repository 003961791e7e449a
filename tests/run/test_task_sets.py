"""The held-out tasks that ship: what they are, that they are what is made, and what is said where they are not."""

import json

import pytest

from benchmarks.make_task_sets import candidates, make_set, write_set
from zeroloop.contracts import TranslatingKind
from zeroloop.errors import TaskSetError
from zeroloop.evaluators.uniform import UniformEvaluator
from zeroloop.run.players import search_settings
from zeroloop.run.task_sets import DIRECTORY, LEVELS, level_of, path_of, read_set
from zeroloop.run.trials import verdicts, verified_grade
from zeroloop.sandbox import LANGUAGES, available
from zeroloop.tasks import is_held_out, kinds
from zeroloop.tasks._mixture import Mixture

KINDS = {kind.name: kind for kind in kinds()}
TOUR = KINDS["tour"]
MISSING = {language for language in LANGUAGES if available(language)}
SMALL = Mixture(["tour", "countdown"], (0, 0.3))


@pytest.mark.parametrize("name", KINDS)
def test_every_task_is_held_out_has_a_right_answer_and_is_what_is_made(name):
    kind = KINDS[name]
    sets = read_set(kind)
    tasks = [task for some in sets.values() for task in some]
    assert [*sets] == [*LEVELS] and len(tasks) >= 45
    assert all(is_held_out(kind, task) for task in tasks)
    assert len({kind.structure(task) for task in tasks}) == len({task["task_id"] for task in tasks}) == len(tasks)
    assert sorted(tasks, key=lambda task: task["difficulty"]) == tasks
    # Those of programs were all run when they were made; here it would take minutes.
    for task in tasks[:: 15 if isinstance(kind, TranslatingKind) else 1]:
        if task.get("language") not in MISSING:
            verdict = kind.verify(task, task["answer"])
            assert verdict.score >= kind.min_score, f"{verdict}: {task}"
    for level in LEVELS[:2]:
        first = sets[level][0]
        number = int(first["task_id"][-2:]) - 1
        # JSON knows no tuples.
        made = (json.loads(json.dumps(task)) for task in candidates(kind, level, number))
        assert first in made, "run benchmarks/make_task_sets.py"


def test_all_sets_together_are_small():
    files = [path_of(kind, DIRECTORY) for kind in KINDS.values()]
    assert sorted(files) == sorted(DIRECTORY.iterdir())
    assert sum(file.stat().st_size for file in files) < 2_000_000


def test_tasks_of_another_version_are_an_error_that_says_how_to_make_them_again(tmp_path, monkeypatch):
    tasks = make_set(TOUR, 2)
    write_set(TOUR, tasks, tmp_path)
    assert read_set(TOUR, tmp_path) == {level: [task for task in tasks if level_of(task) == level] for level in LEVELS}
    monkeypatch.setattr(type(TOUR), "version", TOUR.version + 1)
    with pytest.raises(TaskSetError, match=r"benchmarks\.make_task_sets --kinds tour"):
        read_set(TOUR, tmp_path)
    with pytest.raises(TaskSetError, match="no held-out tasks of countdown ship"):
        read_set(KINDS["countdown"], tmp_path)


def test_verifiers_grade_answers():
    """A search that sees all of these tasks solves them; those that are not finished are wrong."""
    tasks = [*read_set(KINDS["countdown"])["easy"][:6]]
    settings = search_settings(SMALL)
    found = verdicts(SMALL, UniformEvaluator(), tasks, settings, 200)
    grade = verified_grade(SMALL, tasks, found)
    assert (grade.tasks, grade.solved, grade.good, grade.score, grade.excess, grade.errors) == (6, 1, 1, 1, None, 0)
    tours = read_set(TOUR)["hard"][:6]
    grade = verified_grade(SMALL, tours, verdicts(SMALL, UniformEvaluator(), tours, settings, 0))
    assert grade.solved == 1 and grade.good < 1 and 0 < grade.score < 1
    assert grade.excess is not None and grade.excess > 0.1
    broken = [{"kind": "tour", "difficulty": 0.5}] * 2
    lost = verified_grade(SMALL, broken, [TOUR.verify(task, [1]) for task in broken])
    assert (lost.solved, lost.excess, lost.errors) == (0, None, 2)
