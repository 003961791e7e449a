"""`zeroloop doctor`: what this machine offers, what is missing, and how to get it."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

import zeroloop
from zeroloop import sandbox
from zeroloop.cli.arguments import Parser, json_output
from zeroloop.errors import SandboxError
from zeroloop.machine import cores

FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
"""Processor features that make inference faster: wide vectors, int8 products (vnni), bfloat16."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for. remedy: what to do about it, empty where nothing is wrong.

    required: nothing works without it; else it only limits what works, or how fast.
    """

    name: str
    found: str
    remedy: str = ""
    required: bool = False


def run(words: Sequence[str]) -> int:
    """Exit code 0, or 1 where something is missing that Zeroloop cannot work without."""
    parser = Parser("doctor", "Show what this machine offers, what is missing, and how to get it.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse(words)
    findings = examine()
    broken = [finding for finding in findings if finding.required and finding.remedy]
    with json_output(arguments.json) as print_json:
        for finding in findings:
            print(f"{'!' if finding.remedy else ' '} {finding.name:<20}{finding.found}")
            if finding.remedy:
                print(f"  {'':<20}{finding.remedy}")
        print_json({"ok": not broken, "findings": [asdict(finding) for finding in findings]})
    return 1 if broken else 0


def examine() -> list[Finding]:
    """Every finding, in the order they are shown."""
    return [
        Finding("zeroloop", zeroloop.__version__),
        Finding("python", f"{platform.python_version()}, {sys.executable}"),
        _native(),
        _processor(),
        _memory(),
        _torch(),
        _extra("openvino", "openvino", "cpu", "int8 networks, 4 to 5 times faster than torch on a CPU"),
        _extra("solver", "bitbully", "solver", "exact scores for positions files without them"),
        _extra("reasoning-gym", "reasoning_gym", "tasks", "its data sets as tasks, and their verifiers"),
        *map(_sandbox, sandbox.LANGUAGES),
        _compiler(),
        _gpu(),
        _disk(),
    ]


def _native() -> Finding:
    try:
        importlib.import_module("zeroloop._native")
    except ImportError as problem:
        return Finding("native core", f"not importable: {problem}", "compile it with: make install", required=True)
    return Finding("native core", "compiled", required=True)


def _processor() -> Finding:
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.is_file() else set()
    features = [name for name in FEATURES if name in flags]
    known = ", ".join(features) if features else "features unknown" if not flags else "no vector features of use"
    return Finding("processor", f"{cores()} cores for this process, {platform.machine()}; {known}")


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    found = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    enough = memory.available > 4 * 2**30
    return Finding("memory", found, "" if enough else "training may need up to 4 GiB; close other programs")


def _torch() -> Finding:
    try:
        return Finding("torch", importlib.metadata.version("torch"), required=True)
    except importlib.metadata.PackageNotFoundError:
        return Finding("torch", "missing", 'pip install "torch>=2.10"', required=True)


def _extra(name: str, module: str, extra: str, purpose: str) -> Finding:
    if importlib.util.find_spec(module) is None:
        return Finding(name, "missing", f'for {purpose}: pip install "zeroloop[{extra}]"')
    return Finding(name, importlib.metadata.version(module))


def _sandbox(language: str) -> Finding:
    """Runs a small program in it, because what is installed may still not be allowed here."""
    try:
        return Finding(f"sandbox {language}", sandbox.examine(language))
    except SandboxError as problem:
        return Finding(f"sandbox {language}", "missing", f"to verify programs in {language}: {problem}")


def _compiler() -> Finding:
    found = next(filter(None, map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++"))), None)
    remedy = "only to build from source: apt install g++, xcode-select --install, or conda install compilers"
    return Finding("compiler", found or "missing", "" if found else remedy)


def _gpu() -> Finding:
    """Asks the driver's own tool, because importing torch takes seconds."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("gpu", "none (not needed)")
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    return Finding("gpu", "; ".join(answer.stdout.split("\n")).strip("; ") or "none that the driver can use")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    remedy = "" if free > 1 else "a run needs about 1 GiB; free some space or use --run on another disk"
    if not os.access(Path.cwd(), os.W_OK):
        remedy = f"this directory cannot be written; use --run with another, such as {tempfile.gettempdir()}/run"
    return Finding("disk", f"{free:.1f} GiB free here", remedy)
