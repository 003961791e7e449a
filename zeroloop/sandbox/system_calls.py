"""Filters of system calls for seccomp, as classic BPF programs; empty on processors without a table.

They stand behind the other walls: they close what limits do not count, and much of the kernel that could have holes.
Two of them also carry weight of their own. Node and Java need threads, and what a kernel counts against `--nproc` are
threads, so `THREADS_ONLY` tells a new thread from a new process and refuses the process. And a child of the fork server
has a parent that later runs depend on, so `ALONE` refuses every call that can name another process: signals, limits,
priorities, descriptors of processes, and signals that a descriptor sends to its owner. Exec stays allowed: it gains
nothing, because limits, filters and namespaces stay, and nothing inside has more rights than it was started with.
"""

import platform
import struct
from collections.abc import Callable, Sequence
from typing import TypeAlias

_Instruction: TypeAlias = tuple[int, int, int, int]

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
_OTHERS = {
    "x86_64": (
        *(62, 200, 234, 129, 297),  # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
        *(434, 424, 438, 440, 448),  # pidfd_open, pidfd_send_signal, pidfd_getfd, process_madvise, process_mrelease
        *(312, 279, 256, 274),  # kcmp, move_pages, migrate_pages, get_robust_list
        *(109, 141, 251),  # setpgid, setpriority, ioprio_set
        *(142, 144, 203, 314),  # sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr
    ),
    "aarch64": (129, 130, 131, 138, 240, 434, 424, 438, 440, 448, 272, 239, 238, 100, 154, 140, 30, 118, 119, 122, 274),
}
"""Those that name another process."""
_CLONE = {"x86_64": 56, "aarch64": 220}
_FORK = {"x86_64": (57, 58), "aarch64": ()}
_PRLIMIT = {"x86_64": 302, "aarch64": 261}
_FCNTL = {"x86_64": 72, "aarch64": 25}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_CLONE3 = 435
_CLONE_THREAD = 0x10000
_OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: whom a descriptor signals, and how
_OWNERS_OF_STREAMS = (0x8901, 0x8902, 0x5410, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSPGRP, TIOCSTI

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _NOT_PERMITTED, _UNKNOWN, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16


def common() -> bytes:
    """For whatever runs inside."""
    return _program(lambda machine: _refuse(_REFUSED[machine]))


def threads_only() -> bytes:
    """`common`, and no new processes but any number of threads."""
    return _program(lambda machine: [*_refuse(_REFUSED[machine]), *_no_processes(machine)])


def alone() -> bytes:
    """For a process beside others: it makes neither processes nor threads, and can do nothing to another one."""

    def rules(machine: str) -> list[_Instruction]:
        return [
            *_refuse((*_OTHERS[machine], *_FORK[machine], _CLONE[machine])),
            *_refuse((_CLONE3,), _UNKNOWN),
            *_where(_PRLIMIT[machine], 0, [(_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _NOT_PERMITTED)]),
            *_where(_FCNTL[machine], 1, _refuse(_OWNERS)),
            *_where(_IOCTL[machine], 1, _refuse(_OWNERS_OF_STREAMS)),
        ]

    return _program(rules)


def _no_processes(machine: str) -> list[_Instruction]:
    """clone3 has its flags in memory, where no filter can look; the C library falls back to clone without it."""
    thread = [(_ANY_BIT, 1, 0, _CLONE_THREAD), (_RETURN, 0, 0, _NOT_PERMITTED)]
    return [*_refuse(_FORK[machine]), *_refuse((_CLONE3,), _UNKNOWN), *_where(_CLONE[machine], 0, thread)]


def _refuse(values: Sequence[int], answer: int = _NOT_PERMITTED) -> list[_Instruction]:
    """Refuses what is loaded if it is one of the values."""
    return [each for value in values for each in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, answer))]


def _where(number: int, argument: int, tests: list[_Instruction]) -> list[_Instruction]:
    """Applies the tests to the low half of an argument of the call with that number."""
    inner = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *tests, (_LOAD, 0, 0, _NUMBER)]
    return [(_EQUAL, 0, len(inner), number), *inner]


def _program(rules: Callable[[str], list[_Instruction]]) -> bytes:
    machine = platform.machine()
    if machine not in _ARCHITECTURE:
        return b""
    program = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, _ARCHITECTURE[machine]), (_RETURN, 0, 0, _KILL)]
    program += [(_LOAD, 0, 0, _NUMBER), (_GREATER, 0, 1, 0x40000000), (_RETURN, 0, 0, _NOT_PERMITTED)]  # x32 calls
    program += [*rules(machine), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)
