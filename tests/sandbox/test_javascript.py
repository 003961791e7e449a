"""JavaScript: what code returns comes back, and it gets at nothing else."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from zeroloop.sandbox import Call, Limits, Outcome, run

SMALL = Limits(memory=256 * 2**20)


@pytest.fixture(autouse=True)
def _node(installed):
    installed("javascript")


def outcomes(source, *arguments, limits=SMALL):
    """One call of f for each argument."""
    return run("javascript", source, [Call("f", [argument]) for argument in arguments or (1,)], limits).outcomes


def test_values_come_back_with_their_types():
    values = [
        *(0, -5, 2**53 - 1, 1 - 2**53, 2**53, -(2**70), True, False, None, 1.5, 1e-7, 1e300),
        *("", 'a "quoted"\n\\ text', "\u20ac\U0001f600\ud800", "n1", "s", [], [[1], {"a": [2], "__proto__": "x"}]),
    ]
    found = outcomes("function f(x) { return x; }", *values)
    assert found == [Outcome("returned", value) for value in values]
    assert [type(outcome.value) for outcome in found] == [type(value) for value in values]


def test_numbers_that_are_not_exact_are_no_integers():
    found = outcomes("f = x => x * 2", 2**52)[0].value
    assert (found, type(found)) == (2.0**53, float)
    assert outcomes("f = x => BigInt(x) * 2n", 2**52)[0].value == 2**53
    assert type(outcomes("f = x => x / 2", 5.0)[0].value) is float
    assert type(outcomes("f = x => x * 2", 2.5)[0].value) is int


def test_maps_and_what_is_undefined_have_words():
    assert outcomes("f = x => new Map([['a', [undefined]], ['b', {c: null}]])")[0].value == {
        "a": [None],
        "b": {"c": None},
    }
    assert outcomes("f = x => {}") == [Outcome("returned", None)]
    assert outcomes("f = x => Object.create(null)")[0].value == {}


def test_each_call_gets_arguments_of_its_own():
    assert [
        outcome.value for outcome in outcomes("let n = 0; const f = x => (x.push(1), n += x.length)", [1], [1])
    ] == [2, 4]


def test_what_is_printed_is_no_result():
    found = run("javascript", "console.log(7); f = x => { console.log(8); }", [Call("f", [1])])
    assert found.outcomes == [Outcome("returned", None)]


@pytest.mark.parametrize(
    ("source", "kind", "detail"),
    [
        ("f = x => null.a", "raised", "TypeError"),
        ("f = x =>", "raised", "while it was loaded: SyntaxError"),
        ("throw new RangeError('no')", "raised", "while it was loaded: RangeError: no"),
        ("throw 5", "raised", "while it was loaded: 5"),
        ("g = x => 1", "raised", "ReferenceError: f is not defined"),
        ("f = 5", "raised", "TypeError"),
        ("f = async x => 1", "raised", "a value of type Promise"),
        ("f = x => new Set([1])", "raised", "a value of type Set"),
        ("f = x => new Map([[1.5, 2]])", "raised", "keys that are neither text nor exact integers"),
        ("f = x => x => 1", "raised", "a value of type function"),
        ("f = x => Symbol('a')", "raised", "a value of type symbol"),
        ("f = x => 0 / 0", "raised", "a value of type number"),
        ("f = x => { const a = []; a.push(a); return a; }", "raised", "too large"),
        ("f = x => new Array(2 ** 32 - 1)", "raised", "too large"),
        ("f = x => 'x'.repeat(2e6)", "raised", "too long"),
        ("f = x => { throw { get name() { throw 1; } }; }", "raised", "cannot be shown"),
        ("f = x => process.exit(3)", "exited", "code 3"),
        ("process.exit(0)", "exited", "code 0"),
        ("f = x => process.abort()", "crashed", "signal 6"),
        ("f = x => process.kill(process.pid, 'SIGSEGV')", "crashed", "signal 11"),
        ("for (;;);", "timed out", "1 s of processor time"),
        ("process.on('SIGXCPU', () => {}); for (;;);", "killed", ""),
        ("const kept = []; for (;;) kept.push(new Array(1e6).fill(1.5));", "crashed", "signal"),
    ],
)
def test_ends_are_told_apart(source, kind, detail):
    outcome = outcomes(source)[0]
    assert (outcome.kind, outcome.value) == (kind, None), outcome
    assert detail in outcome.detail


def test_floods_of_output_end():
    patient = replace(SMALL, processor_seconds=10)  # Node spins where a busy machine is slow to read
    (outcome,) = outcomes("f = x => { for (;;) console.log('x'.repeat(1000)); }", limits=patient)
    assert outcome == Outcome("killed", detail="it printed more than 65536 bytes")


def test_code_that_waits_is_told_from_code_that_runs():
    source = "f = x => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"
    outcome = outcomes(source, limits=Limits(wall_seconds=0.5))[0]
    assert outcome.kind == "stalled" and "0.5 s" in outcome.detail


def test_calls_after_the_end_are_missing():
    found = outcomes("f = x => { if (x === 2) process.exit(0); return 1 / x; }", 1, 2, 3)
    assert [outcome.kind for outcome in found] == ["returned", "exited", "missing"]


def test_large_arguments_and_sources_arrive():
    assert outcomes("f = x => x.length;\n" + "// long\n" * 50_000, "x" * 500_000)[0].value == 500_000


def test_objects_are_made_and_their_methods_called():
    source = """
        class Stack {
            constructor(first) { this.values = [first]; }
            push(value) { return this.values.push(value); }
            itself() { return this; }
        }
    """
    calls = [Call("Stack", [1]), Call("Stack", [2]), Call("push", [3], 0), Call("push", [4], 0), Call("push", [5], 1)]
    assert [outcome.value for outcome in run("javascript", source, calls).outcomes] == [None, None, 2, 3, 2]
    calls = [Call("Stack", [1]), Call("itself", [], 0), Call("push", [2], 1), Call("pull", [], 0), Call("Heap", [])]
    found = run("javascript", source, [*calls, Call("push", [3], 4), Call("push.call", [1])]).outcomes
    assert [outcome.kind for outcome in found] == ["returned", "raised", "returned", *["raised"] * 4]
    assert found[2].value == 2 and "no object from call 4" in found[5].detail and "is not a name" in found[6].detail


# What code may try: each of these either cannot be done, or ends the program.

ATTEMPTS = {
    "write a file": "fs.writeFileSync('/tmp/escaped', 'x')",
    "write to the root": "fs.writeFileSync('/escaped', 'x')",
    "write to the system": "fs.writeFileSync('/usr/lib/escaped', 'x')",
    "write to shared memory": "fs.writeFileSync('/dev/shm/escaped', 'x')",
    "make a folder": "fs.mkdirSync('/dev/shm/escaped')",
    "make a link": "fs.symlinkSync('/usr', '/dev/shm/escaped')",
    "write a report": "process.report.writeReport('/dev/shm/escaped'); fs.readFileSync('/dev/shm/escaped')",
    "write the heap": "require('v8').writeHeapSnapshot('/dev/shm/escaped')",
    "read the users": "fs.readFileSync('/etc/passwd')",
    "list the homes": "fs.readdirSync('/root').concat(fs.readdirSync('/home'))",
    "see processes": "fs.readdirSync('/proc')",
    "write its own memory": "fs.writeFileSync('/proc/self/mem', 'x')",
    "read the environment": "if (Object.keys(process.env).every(name => name === 'PWD')) throw Error('empty')",
    "read what people type": "if (fs.readFileSync(0).length === 0) throw Error('empty')",
    "listen": "if (new (process.binding('tcp_wrap').TCP)(1).bind('127.0.0.1', 8080)) throw Error('no')",
    "send": "if (new (process.binding('udp_wrap').UDP)().bind('127.0.0.1', 0, 0)) throw Error('no')",
    "open a pipe": "if (new (process.binding('pipe_wrap').Pipe)(1).bind('/dev/escaped')) throw Error('no')",
    "run a program": "const got = child.spawnSync('/usr/bin/id'); if (got.error) throw got.error",
    "use a shell": "child.execSync('true')",
    "fork": "child.execFileSync(process.execPath, ['-e', '0'])",
    "run a program by the binding": (
        "const got = process.binding('spawn_sync').spawn({file: '/usr/bin/id', args: ['id'], stdio: []});"
        "if (got.error) throw Error(got.error)"
    ),
    "fork without end": "for (;;) child.spawnSync('/usr/bin/id')",
    "threads without end": "for (;;) kept.push(new (require('worker_threads').Worker)('for (;;);', {eval: true}))",
    "signal all others": "process.kill(-1, 'SIGKILL')",
    "signal the first": "process.kill(1, 'SIGKILL'); process.kill(1, 0); throw Error('it lives')",
    "become root": "process.setuid(0)",
    "change the priority": "os.setPriority(0, -20)",
    "load native code": "process.dlopen({exports: {}}, '/dev/shm/escaped.node')",
    "take buffers": "for (;;) kept.push(Buffer.alloc(1e8, 1))",
    "take memory of WebAssembly": "for (;;) kept.push(new WebAssembly.Memory({initial: 16384}))",
    "take shared memory": "for (;;) kept.push(new SharedArrayBuffer(2 ** 28))",
    "one long text": "let s = 'x'; for (;;) s += s",
    "unpack without end": (
        "const zip = require('zlib'); const bomb = zip.gzipSync(Buffer.alloc(2 ** 27));"
        "for (;;) kept.push(zip.gunzipSync(bomb))"
    ),
    "recurse": "const g = () => g(); g()",
    "one long match": "/(a+)+$/.test('a'.repeat(50) + 'b')",
    "print without end": "for (;;) process.stdout.write('x'.repeat(1e6))",
    "flood the errors": "for (;;) fs.writeSync(2, 'x'.repeat(1e6))",
    "open many files": "for (;;) kept.push(fs.openSync('/dev/null'))",
    "debug": "const i = require('inspector'); i.open(0, '127.0.0.1'); if (!i.url()) throw Error('no')",
}
ATTEMPT = """
const fs = require('fs'), os = require('os'), child = require('child_process'), kept = [];
function f(x) {{
    try {{
        {}
    }} catch (problem) {{
        return ["refused", String(problem)];
    }}
    return ["escaped"];
}}
"""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_escapes(attempt):
    outcome = outcomes(ATTEMPT.format(ATTEMPTS[attempt]))[0]
    if outcome.kind == "returned":
        assert outcome.value[0] == "refused", outcome
    else:
        assert outcome.kind in ("timed out", "killed", "crashed", "exited"), outcome
    assert not any(Path(place, "escaped").exists() for place in ("/", "/tmp", "/dev", "/dev/shm", "/usr/lib"))


def test_a_flood_of_results_ends():
    """Which descriptor is for results is not known inside; what Node writes to itself may be hit as well."""
    write = "for (let end = 3; end < 64; end++) try { require('fs').writeSync(end, 'x'.repeat(6e4)) } catch {}"
    assert outcomes(f"f = x => {{ {write} }}", limits=Limits(reply=10_000))[0].kind in ("killed", "crashed")


FAKES = {
    "print the result": "f = x => { console.log('{\"value\": 42}'); }",
    "answer before the question": """
        for (let end = 3; end < 64; end++) try { require('fs').writeSync(end, '0 {"value": 42}\\n') } catch {}
        f = x => 1;
    """,
    "replace the harness": """
        JSON.parse = () => ({nonce: 'guess', function: 'g', arguments: [], receiver: null, longest: 9});
        JSON.stringify = () => '42';
        g = () => 42;
        f = x => 'text';
    """,
    "replace what everything stands on": """
        Array.prototype.push = Array.prototype.join = String.prototype.slice = () => '42';
        Reflect.apply = Function.prototype.call = Function.prototype.apply = () => 42;
        Object.keys = () => [42];
        f = x => [1, {a: 2}];
    """,
    "words of its own": "f = x => ({toJSON: () => 42, toString: () => '42', valueOf: () => 42})",
    "close the channel": """
        f = x => {
            for (let end = 3; end < 64; end++) try { require('fs').closeSync(end) } catch {}
            return 42;
        };
    """,
    "exit with success": "f = x => process.exit(0)",
}


@pytest.mark.parametrize("fake", FAKES)
def test_only_what_a_call_returned_is_its_result(fake):
    """Nothing that ran before a call was known can answer for it."""
    found = outcomes(textwrap.dedent(FAKES[fake]), 1, 2)
    assert found[1].value != 42 and 42 not in (found[0].value, found[0].detail), found
