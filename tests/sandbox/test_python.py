"""Python: what code returns comes back, and it gets at nothing else. These tests fail where there is no sandbox."""

import textwrap
import time
from pathlib import Path

import pytest

from zeroloop.sandbox import Call, Limits, Outcome, run

SMALL = Limits(memory=128 * 2**20)


def outcomes(source, *arguments, limits=SMALL):
    """One call of f for each argument."""
    return run("python", source, [Call("f", [argument]) for argument in arguments or (1,)], limits).outcomes


def test_values_come_back_with_their_types():
    values = [
        0,
        -(2**70),
        True,
        False,
        None,
        1.5,
        "",
        'a "quoted"\n\\ text',
        "\u20ac\U0001f600\ud800",
        [],
        [[1], {"a": [2]}],
    ]
    assert outcomes("def f(x):\n    return x\n", *values) == [Outcome("returned", value) for value in values]
    assert outcomes("def f(x):\n    return x\n", True)[0].value is True
    assert run("python", "def f(a, b):\n    return a - b\n", [Call("f", [5, 3])]).outcomes[0].value == 2


def test_each_call_gets_arguments_of_its_own():
    source = "kept = []\ndef f(x):\n    x.append(1)\n    kept.append(x)\n    return len(kept)\n"
    assert [outcome.value for outcome in outcomes(source, [1], [1])] == [1, 2]


def test_what_is_printed_is_no_result():
    found = run("python", "print(7)\ndef f(x):\n    print(8)\n", [Call("f", [1])])
    assert found.outcomes == [Outcome("returned", None)]


@pytest.mark.parametrize(
    ("source", "kind", "detail"),
    [
        ("def f(x):\n    return 1 / 0\n", "raised", "ZeroDivisionError"),
        ("def f(x) return 1", "raised", "while it was loaded: SyntaxError"),
        ("def f(x):\n\x00", "raised", "while it was loaded"),
        ("raise ValueError('no')", "raised", "while it was loaded: ValueError: no"),
        ("def g(x):\n    return 1\n", "raised", "KeyError: 'f'"),
        ("def f():\n    return 1\n", "raised", "TypeError"),
        ("def f(x):\n    return (1, 2)\n", "raised", "a value of type tuple"),
        ("def f(x):\n    return {1.0: 2}\n", "raised", "a value of type dict"),
        ("def f(x):\n    return float('nan')\n", "raised", "a value of type float"),
        ("class I(int): pass\ndef f(x):\n    return I(1)\n", "raised", "a value of type I"),
        ("def f(x):\n    a = []\n    a.append(a)\n    return a\n", "raised", "too large"),
        ("def f(x):\n    a = []\n    for _ in range(40): a = [a, a]\n    return a\n", "raised", "too large"),
        ("def f(x):\n    return 'x' * 2_000_000\n", "raised", "too long"),
        ("def f(x):\n    return 10 ** 5000\n", "raised", "ValueError"),
        ("class E(Exception):\n    def __str__(self): raise self\ndef f(x):\n    raise E\n", "raised", "E"),
        ("def f(x):\n    raise SystemExit(3)\n", "raised", "SystemExit: 3"),
        ("import sys\ndef f(x):\n    sys.exit(0)\n", "raised", "SystemExit"),
        ("import os\ndef f(x):\n    os._exit(3)\n", "exited", "code 3"),
        ("import os\nos._exit(0)\ndef f(x):\n    return 1\n", "exited", "code 0"),
        ("import os\ndef f(x):\n    os.kill(os.getpid(), 11)\n", "raised", "PermissionError"),
        ("import os\ndef f(x):\n    os.abort()\n", "crashed", "signal"),
        ("import ctypes\ndef f(x):\n    return ctypes.string_at(0)\n", "crashed", "signal 11"),
        ("while True: pass\n", "timed out", "1 s of processor time"),
        ("def f(x):\n    return 9 ** 9 ** 9\n", "timed out", "1 s of processor time"),
        ("import signal\nsignal.signal(signal.SIGXCPU, lambda *_: None)\nwhile True: pass\n", "killed", ""),
        ("def f(x):\n    while True: print('x' * 1000)\n", "killed", "printed more than 65536 bytes"),
    ],
)
def test_ends_are_told_apart(source, kind, detail):
    outcome = outcomes(source)[0]
    assert (outcome.kind, outcome.value) == (kind, None), outcome
    assert detail in outcome.detail


def test_code_that_waits_is_told_from_code_that_runs():
    begin = time.monotonic()
    outcome = outcomes("import time\ndef f(x):\n    time.sleep(60)\n", limits=Limits(wall_seconds=0.5))[0]
    assert outcome.kind == "stalled" and "0.5 s" in outcome.detail
    assert time.monotonic() - begin < 30


def test_calls_after_the_end_are_missing():
    source = "import os\ndef f(x):\n    return x if x < 2 else os._exit(0)\n"
    assert [outcome.kind for outcome in outcomes(source, 0, 1, 2, 3, 4)] == [
        *("returned", "returned", "exited", "missing", "missing")
    ]
    raised = "def f(x):\n    return 1 // x\n"
    assert [outcome.kind for outcome in outcomes(raised, 1, 0, 1)] == ["returned", "raised", "returned"]


def test_arguments_that_are_no_json_are_not_sent():
    found = outcomes("def f(x):\n    return 1\n", object(), float("nan"))
    assert {outcome.kind for outcome in found} == {"missing"}


def test_large_arguments_and_sources_arrive():
    assert outcomes("def f(x):\n    return len(x)\n" + "# long\n" * 50_000, "x" * 500_000)[0].value == 500_000


# What code may try: each of these either cannot be done, or ends the program.

ATTEMPTS = {
    "write a file": "open('/tmp/escaped', 'w').write('x')",
    "write to the root": "open('/escaped', 'w').write('x')",
    "write to the system": "open('/usr/lib/escaped', 'w').write('x')",
    "write to shared memory": "open('/dev/shm/escaped', 'w').write('x')",
    "make a folder": "os.mkdir('/dev/shm/escaped')",
    "make a link": "os.symlink('/usr', '/dev/shm/escaped')",
    "make a temporary file": "import tempfile; tempfile.TemporaryFile()",
    "read the passwords": "open('/etc/shadow').read()",
    "read the users": "open('/etc/passwd').read()",
    "list the homes": "os.listdir('/root') + os.listdir('/home')",
    "see processes": "os.listdir('/proc')",
    "read the host's environment": "open('/proc/1/environ').read()",
    "write its own memory": "open('/proc/self/mem', 'r+b').write(b'x')",
    "read the environment": "assert set(os.environ) - {'PWD', 'LC_CTYPE'}",
    "read what people type": "assert sys.stdin.read() or os.read(0, 1)",
    "open a socket": "socket.socket()",
    "reach this machine": "socket.create_connection(('127.0.0.1', 22), 1)",
    "look up a name": "socket.create_connection(('example.org', 80), 1)",
    "fork": "os.fork() or os._exit(0)",
    "fork without end": "while True: os.fork()",
    "run a program": "os.posix_spawn('/usr/bin/id', ['id'], {})",
    "use a shell": "assert os.system('true') == 0",
    "start a thread": "_thread.start_new_thread(print, ())",
    "signal the parent": "os.kill(os.getppid(), signal.SIGKILL); os.waitid(os.P_PID, os.getppid(), os.WEXITED)",
    "signal all others": "os.kill(-1, signal.SIGKILL)",
    "become root": "os.setuid(0)",
    "change the priority": "os.setpriority(os.PRIO_PROCESS, 0, -20)",
    "raise its limits": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "open many files": "[os.pipe() for _ in range(100)]",
    "share memory": "kept = [mmap.mmap(-1, 10**7) for _ in range(100)]",
    "keep memory outside": "os.memfd_create('escaped')",
    "keep memory in the system": "assert ctypes.CDLL(None).shmget(0, 4096, 0o1600) != -1",
    "new namespaces": "assert ctypes.CDLL(None).unshare(0x10000000) != -1",
    "trace": "assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) != -1",
    "mount": "assert ctypes.CDLL(None).mount(b'none', b'/dev', b'tmpfs', 0, None) != -1",
    "change the root": "assert ctypes.CDLL(None).chroot(b'/usr') != -1",
    "take memory": "kept = [bytearray(10**7) for _ in range(10**9)]",
    "recurse": "sys.setrecursionlimit(10**9)\ndef g(): return g()\ng()",
    "recurse in C": "sys.setrecursionlimit(10**9)\na = []\nfor _ in range(10**5): a = [a]\nrepr(a)",
    "print without end": "while True: print('x' * 10**6)",
    "flood the errors": "while True: os.write(2, b'x' * 10**6)",
    "flood the results": "while True: [_write(end) for end in range(3, 32)]",
    "one long operation": "sum(range(10**12))",
    "one long text": "while True: x = 'x' * 10**7; x += x",
    "unpack without end": "a = [zlib.decompress(zlib.compress(bytes(10**8))) for _ in range(9)]",
    "become another program": "os.execv('/usr/bin/id', ['id'])",
    "make a daemon": "os.posix_spawn('/bin/sh', ['sh', '-c', 'sleep 9 &'], {})",
    # What serves this run serves the next ones.
    "stop the server": "os.kill(os.getppid(), signal.SIGSTOP)",
    "kill the server by a descriptor": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGKILL)",
    "kill the server by its thread": "assert ctypes.CDLL(None).syscall(200, os.getppid(), 9) != -1",
    "let a pipe kill the server": "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
    "let a pipe kill": "fcntl.fcntl(os.pipe()[0], 10, signal.SIGKILL)",
    "limit the server": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))",
    "slow the server": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "pin the server": "os.sched_setaffinity(os.getppid(), {0})",
    "schedule the server": "os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))",
    "group the server": "os.setpgid(os.getppid(), 0)",
    "read the server": "assert ctypes.CDLL(None).process_vm_readv(os.getppid(), 0, 0, 0, 0, 0) != -1",
    "trace the server": "assert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) != -1",
    "take the server's files": "assert ctypes.CDLL(None).syscall(438, os.pidfd_open(os.getppid()), 3, 0) != -1",
    "find the server's link": "[os.fstat(end) for end in range(9) if stat.S_ISSOCK(os.fstat(end).st_mode)][0]",
}
IMPORTS = "import _thread, ctypes, fcntl, mmap, os, resource, signal, socket, stat, sys, zlib\n"
ATTEMPT = """
def _write(end):
    try: os.write(end, b'x' * 10**6)
    except OSError: pass

def f(x):
    try:
{}
    except (OSError, ValueError, RuntimeError, MemoryError, AssertionError, IndexError) as problem:
        return ["refused", type(problem).__name__]
    return ["escaped"]
"""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_escapes(attempt):
    begin = time.monotonic()
    outcome = outcomes(IMPORTS + ATTEMPT.format(textwrap.indent(ATTEMPTS[attempt], " " * 8)))[0]
    if outcome.kind == "returned":
        assert outcome.value[0] == "refused", outcome
    else:
        assert outcome.kind in ("timed out", "killed", "crashed", "exited"), outcome
    assert time.monotonic() - begin < 30
    assert not any(Path(place, "escaped").exists() for place in ("/", "/tmp", "/dev/shm", "/usr/lib"))


FAKES = {
    "print the result": """
        def f(x):
            print('{"value": 42}')
    """,
    "answer before the question": """
        for end in range(3, 32):
            try: os.write(end, b'0 {"value": 42}\\n' * 9)
            except OSError: pass
        def f(x):
            return 1
    """,
    "answer twice": """
        def f(x):
            nonce = sys._getframe(1).f_locals['request']['nonce']
            for end in range(3, 32):
                try: os.write(end, f'{nonce} {{"value": 7}}\\n{nonce} {{"value": 42}}\\n'.encode())
                except OSError: pass
    """,
    "replace the harness": """
        import builtins
        builtins.eval = lambda *_: {'nonce': 'guess', 'function': 'g', 'arguments': [], 'longest': 9}
        def g():
            return 42
    """,
    "replace JSON": """
        import _json, json
        json.dumps = json.loads = _json.encode_basestring_ascii = lambda *_: '42'
        def f(x):
            return 'text'
    """,
    "close the channel": """
        def f(x):
            os.closerange(3, 32)
            return 42
    """,
    "exit with success": """
        def f(x):
            os._exit(0)
    """,
    "equal to everything": """
        class Always(int):
            def __eq__(self, other): return True
        def f(x):
            return Always(42)
    """,
}


@pytest.mark.parametrize("fake", FAKES)
def test_only_what_a_call_returned_is_its_result(fake):
    """Nothing that ran before a call was known can answer for it."""
    found = outcomes(IMPORTS + textwrap.dedent(FAKES[fake]), 1, 2)
    assert found[1].value != 42 and 42 not in (found[0].value, found[0].detail), found


def test_objects_are_made_and_their_methods_called():
    source = """
        class Stack:
            def __init__(self, first): self.values = [first]
            def push(self, value): self.values.append(value); return len(self.values)
            def itself(self): return self
    """
    calls = [Call("Stack", [1]), Call("Stack", [2]), Call("push", [3], 0), Call("push", [4], 0), Call("push", [5], 1)]
    assert run("python", textwrap.dedent(source), calls).outcomes == [
        *(Outcome("returned", value) for value in (None, None, 2, 3, 2))
    ]
    calls = [Call("Stack", [1]), Call("itself", [], 0), Call("push", [2], 1), Call("pull", [], 0), Call("Stack", [])]
    found = run("python", textwrap.dedent(source), [*calls, Call("push", [3], 4)]).outcomes
    assert [outcome.kind for outcome in found] == ["returned", "raised", "returned", "raised", "raised", "raised"]
    assert found[2].value == 2 and "no object from call 4" in found[5].detail
