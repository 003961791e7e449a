"""Java: what code returns comes back, it gets at nothing else, and the compiler outlives whatever it is given."""

import textwrap
from pathlib import Path

import pytest

from zeroloop.sandbox import Call, Limits, Outcome, run

SMALL = Limits(memory=256 * 2**20)


@pytest.fixture(autouse=True)
def _jdk(installed):
    installed("java")


def outcomes(source, *arguments, limits=SMALL):
    """One call of f for each argument."""
    return run("java", source, [Call("f", [argument]) for argument in arguments or (1,)], limits).outcomes


def body(statements, head=""):
    """A program whose f does that."""
    return f"{head}\nclass Solution {{\n    static Object f(Object x) throws Throwable {{\n{statements}\n    }}\n}}\n"


def test_values_come_back_with_their_types():
    values = [
        *(0, -5, 2**31, 2**63 - 1, -(2**63), 2**63, -(2**70), True, False, None, 1.5, 1e-7, 1e300),
        *("", 'a "quoted"\n\\ text', "\u20ac\U0001f600\ud800", [], [[1], {"a": [2], "b": {}}]),
    ]
    found = outcomes(body("return x;"), *values)
    assert found == [Outcome("returned", value) for value in values]
    assert [type(outcome.value) for outcome in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("long", [2**62, -1], [2**63, 1.5, "1", None, True, [1]]),
        ("int", [2**31 - 1], [2**31, 1.0]),
        ("short", [-(2**15)], [2**15]),
        ("byte", [127], [128]),
        ("double", [0.5, 3.0], [2**53 + 1, "x"]),
        ("float", [0.5], ["x"]),
        ("boolean", [True, False], [0, None]),
        ("char", ["x"], ["", "xy", 5]),
        ("String", ["text", None], [5, ["x"]]),
        ("Integer", [5, None], [2**31]),
        ("java.math.BigInteger", [5, 2**70], [1.5]),
        ("int[]", [[], [1, 2], None], [[2**31], [None], 5]),
        ("long[][]", [[[1], []]], [[1]]),
        ("String[]", [["a", None]], [[1]]),
        ("java.util.List<Integer>", [[1, None]], [[2**31], {"a": 1}]),
        ("java.util.List<java.util.List<String>>", [[["a"], []]], [[[1]]]),
        ("java.util.List<int[]>", [[[1, 2]]], [[["a"]]]),
        ("java.util.Map<String, Long>", [{"a": 1}], [{"a": "b"}, [1]]),
        ("java.util.Map<String, java.util.List<Double>>", [{"a": [0.5]}], [{"a": [True]}]),
        ("Object", [5, "x", [1]], []),
    ],
)
def test_arguments_have_the_types_that_are_declared(type_, good, bad):
    found = outcomes(f"class S {{ static {type_} f({type_} x) {{ return x; }} }}", *good, *bad)
    assert found[: len(good)] == [Outcome("returned", value) for value in good]
    assert all(outcome.kind == "raised" and " is no " in outcome.detail for outcome in found[len(good) :])


def test_the_function_that_fits_is_called():
    source = """
        public class Main {
            private static String f(int x) { return "int"; }
            static String f(String x) { return "text"; }
            static String f(int x, int y) { return "two"; }
            String f(boolean x) { return "not static"; }
            static void nothing() { }
        }
        class Other { static int g() { return Main.f("abc").length(); } }
    """
    calls = [Call("f", [1]), Call("f", ["a"]), Call("f", [1, 2]), Call("nothing", []), Call("g", []), Call("f", [True])]
    found = run("java", source, calls).outcomes
    assert [outcome.value for outcome in found] == ["int", "text", "two", None, 4, None]
    assert found[5].kind == "raised"


def test_objects_are_made_and_their_methods_called():
    source = """
        class Stack {
            private final java.util.List<Integer> values = new java.util.ArrayList<>();
            Stack(int first) { values.add(first); }
            int push(int value) { values.add(value); return values.size(); }
            java.util.List<Integer> values() { return values; }
            Stack itself() { return this; }
        }
    """
    calls = [Call("Stack", [1]), Call("Stack", [2]), Call("push", [3], 0), Call("push", [4], 0), Call("push", [5], 1)]
    calls += [Call("values", [], 0), Call("size", [], 5)]
    assert [outcome.value for outcome in run("java", source, calls).outcomes] == [None, None, 2, 3, 2, [1, 3, 4], 3]
    calls = [Call("Stack", [1]), Call("itself", [], 0), Call("push", [2], 1), Call("pull", [], 0), Call("Heap", [])]
    found = run("java", source, [*calls, Call("push", [3], 4)]).outcomes
    assert [outcome.kind for outcome in found] == ["returned", "raised", "returned", *["raised"] * 3]
    assert found[2].value == 2 and "no object from call 4" in found[5].detail


def test_what_is_printed_is_no_result():
    found = run("java", body("System.out.println(7); System.err.println(8); return null;"), [Call("f", [1])])
    assert found == ([Outcome("returned", None)], "7\n8")


@pytest.mark.parametrize(
    ("source", "kind", "detail"),
    [
        (body("return 1 / (Long) x / 0;"), "raised", "ArithmeticException: / by zero"),
        (body("return 1"), "raised", "while it was loaded: CompileError: line 4: ';' expected"),
        (body("return 1;", "import no.such.Thing;"), "raised", "while it was loaded: CompileError: line 1"),
        ("", "raised", "NoSuchMethodException: f"),
        ("class S { static { f(1); } static int f(int x) { return x / 0; } }", "raised", "while it was loaded"),
        (body("return 0.0 / 0.0;"), "raised", "a value of type Double"),
        (body("return new java.util.HashSet<>();"), "raised", "a value of type HashSet"),
        (body("return java.util.Map.of(1.5, 2);"), "raised", "keys that are neither text nor integers"),
        (body("Object[] a = new Object[1]; a[0] = a; return a;"), "raised", "too large"),
        (body("return new long[1 << 20];"), "raised", "too large"),
        (body('return "x".repeat(2_000_000);'), "raised", "too long"),
        (body("throw new Error() { public String getMessage() { throw this; } };"), "raised", ""),
        (body("return new Object[] { x, new StringBuilder() };"), "raised", "a value of type StringBuilder"),
        (body("System.exit(3); return 1;"), "exited", "code 3"),
        (body("Runtime.getRuntime().halt(0); return 1;"), "exited", "code 0"),
        ("class S { static { System.exit(0); } static int f(int x) { return 1; } }", "exited", "code 0"),
        (body("for (;;);"), "timed out", "1 s of processor time"),
        (body("for (;;) System.out.println(x);"), "killed", "printed more than 65536 bytes"),
        (body("throw new OutOfMemoryError();"), "raised", "OutOfMemoryError"),
    ],
)
def test_ends_are_told_apart(source, kind, detail):
    outcome = outcomes(source)[0]
    assert (outcome.kind, outcome.value) == (kind, None), outcome
    assert detail in outcome.detail


def test_code_that_waits_is_told_from_code_that_runs():
    outcome = outcomes(body("Thread.sleep(60_000); return 1;"), limits=Limits(wall_seconds=0.5))[0]
    assert outcome.kind == "stalled" and "0.5 s" in outcome.detail


def test_calls_after_the_end_are_missing():
    found = outcomes(body("if ((Long) x == 2) System.exit(0); return x;"), 1, 2, 3)
    assert [outcome.kind for outcome in found] == ["returned", "exited", "missing"]


def test_large_arguments_and_sources_arrive():
    source = body("return ((String) x).length();") + "// long\n" * 50_000
    assert outcomes(source, "x" * 500_000)[0].value == 500_000


# What code may try: each of these either cannot be done, or ends the program.

ATTEMPTS = {
    "write a file": 'Files.writeString(Path.of("/tmp/escaped"), "x");',
    "write to the root": 'Files.writeString(Path.of("/escaped"), "x");',
    "write to the system": 'Files.writeString(Path.of("/usr/lib/escaped"), "x");',
    "write to shared memory": 'Files.writeString(Path.of("/dev/shm/escaped"), "x");',
    "write to the harness": 'Files.writeString(Path.of("/inside/Inside.class"), "x");',
    "make a folder": 'Files.createDirectory(Path.of("/dev/shm/escaped"));',
    "make a link": 'Files.createSymbolicLink(Path.of("/dev/shm/escaped"), Path.of("/usr"));',
    "make a temporary file": 'File.createTempFile("escaped", "");',
    "read the users": 'Files.readString(Path.of("/etc/passwd"));',
    "list the homes": 'Files.list(Path.of("/root")); Files.list(Path.of("/home"));',
    "see processes": 'Files.list(Path.of("/proc"));',
    "read its own memory": 'Files.readString(Path.of("/proc/self/maps"));',
    "read the environment": (
        'if (Set.of("PWD", "LD_LIBRARY_PATH").containsAll(System.getenv().keySet())) throw new Error();'
    ),
    "read what people type": "if (System.in.read() < 0) throw new Error();",
    "open a socket": 'new Socket("127.0.0.1", 22);',
    "listen": "new ServerSocket(0);",
    "send": "new DatagramSocket();",
    "look up a name": 'InetAddress.getByName("example.org");',
    "run a program": 'new ProcessBuilder("/usr/bin/id").start();',
    "use a shell": 'Runtime.getRuntime().exec(new String[] { "/bin/sh", "-c", "true" });',
    "fork without end": 'for (;;) try { new ProcessBuilder("/usr/bin/id").start(); } catch (IOException e) { }',
    "threads without end": "for (;;) new Thread(() -> { for (;;); }).start();",
    "threads that wait": 'for (;;) new Thread(null, () -> { for (;;) LockSupport.park(); }, "", 1).start();',
    "signal the first": "ProcessHandle.of(1).get().destroyForcibly(); throw new Error();",
    "take memory": "for (;;) kept.add(new long[1 << 20]);",
    "take memory beside the heap": "for (;;) kept.add(ByteBuffer.allocateDirect(1 << 26));",
    "take memory by hand": "for (;;) unsafe().setMemory(unsafe().allocateMemory(1 << 26), 1 << 26, (byte) 1);",
    "write anywhere": "unsafe().putLong(8, 1);",
    "load native code": 'System.load("/dev/shm/escaped.so");',
    "change the harness": 'unsafe().putInt(Class.forName("Inside"), 8, 1);',
    "open the core": 'Class.forName("java.lang.Shutdown").getDeclaredMethod("halt0", int.class).setAccessible(true);',
    "one long text": 'String s = "x"; for (;;) s += s;',
    "unpack without end": (
        "var zip = new ByteArrayOutputStream(); var gzip = new GZIPOutputStream(zip); gzip.write(new byte[1 << 26]);"
        "gzip.close(); var bomb = zip.toByteArray();"
        "for (;;) kept.add(new GZIPInputStream(new ByteArrayInputStream(bomb)).readAllBytes());"
    ),
    "recurse": "attempt(x);",
    "recurse in what is printed": "List<Object> a = new ArrayList<>(); a.add(a); a.hashCode();",
    "one long operation": 'new java.math.BigInteger("9").pow(100_000_000);',
    "run after its end": "Runtime.getRuntime().addShutdownHook(new Thread(() -> { for (;;); })); System.exit(0);",
    "classes without end": (
        "for (;;) kept.add(java.lang.reflect.Proxy.newProxyInstance("
        "new ClassLoader() { }, new Class[0], (a, b, c) -> 1));"
    ),
    "print without end": 'for (;;) System.out.print("x".repeat(100_000));',
    "flood the results": 'for (;;) new FileOutputStream(FileDescriptor.out).write("x".repeat(100_000).getBytes());',
    "open many files": 'for (;;) kept.add(new FileInputStream("/dev/null"));',
}
ATTEMPT = """
import java.io.*;
import java.lang.reflect.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.*;

class Solution {{
    static final List<Object> kept = new ArrayList<>();

    static sun.misc.Unsafe unsafe() throws Exception {{
        Field field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        return (sun.misc.Unsafe) field.get(null);
    }}

    static void attempt(Object x) throws Throwable {{
        if (x != null) {{
            {}
        }}
    }}

    static Object f(Object x) {{
        try {{
            attempt(x);
        }} catch (Throwable problem) {{
            kept.clear();
            return List.of("refused", problem.getClass().getName());
        }}
        return List.of("escaped");
    }}
}}
"""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_escapes(attempt):
    outcome = outcomes(ATTEMPT.format(ATTEMPTS[attempt]))[0]
    assert "CompileError" not in outcome.detail, outcome
    if outcome.kind == "returned":
        assert outcome.value[0] == "refused", outcome
    else:
        assert outcome.kind in ("timed out", "killed", "crashed", "exited", "missing"), outcome
    assert not any(Path(place, "escaped").exists() for place in ("/", "/tmp", "/dev/shm", "/usr/lib"))


FAKES = {
    "print the result": """System.out.println("{\\"value\\": 42}"); return null;""",
    "answer before the question": """
        new java.io.FileOutputStream(java.io.FileDescriptor.out).write("0 {\\"value\\": 42}\\n".getBytes());
        return 1;
    """,
    "replace the channel": """
        System.setOut(null);
        System.setErr(null);
        System.setIn(new java.io.ByteArrayInputStream("{}\\n".getBytes()));
        return 1;
    """,
    "close the channel": "new java.io.FileOutputStream(java.io.FileDescriptor.out).close(); return 42;",
    "a number of its own": """
        return new Number() {
            public int intValue() { return 42; }
            public long longValue() { return 42; }
            public float floatValue() { return 42; }
            public double doubleValue() { return 42; }
            public String toString() { return "42"; }
        };
    """,
    "an integer of its own": """
        return new java.math.BigInteger("1") { public String toString() { return "42"; } };
    """,
    "exit with success": "System.exit(0); return 42;",
}


@pytest.mark.parametrize("fake", FAKES)
def test_only_what_a_call_returned_is_its_result(fake):
    found = outcomes(body(textwrap.dedent(FAKES[fake])), 1, 2)
    assert found[1].value != 42 and 42 not in (found[0].value, found[0].detail), found


BOMBS = {
    "deep": ("class S { static int f(int x) { return " + "(" * 20_000 + "x" + ")" * 20_000 + "; } }"),
    "long texts": (
        'class S { static final String A0 = "'
        + "x" * 1000
        + '";\n'
        + "".join(f"static final String A{n + 1} = A{n} + A{n};\n" for n in range(14))
        + "static int f(int x) { return 1; } }"
    ),
    "much": "class S { static int f(int x) { " + "x++; " * 30_000 + "return x; } }",
    "not text": "\ud800\u0000\x1a",
    "escapes": "\\u000a\\u00zz",
    "names of the harness": "class Inside { } class Runner { static int f(int x) { throw new Error(); } }",
    "a class of the core": "package java.lang; public class Shutdown { }",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_compiler_outlives_what_it_is_given(bomb):
    outcome = outcomes(BOMBS[bomb])[0]
    assert outcome.kind in ("raised", "timed out", "stalled", "killed", "crashed"), outcome
    assert outcomes(body("return x;"), 5)[0].value == 5


def test_a_source_that_compiles_for_too_long_ends():
    """The types of lambdas within lambdas are tried again and again."""
    nested = "x"
    for _ in range(12):
        nested = f"g(() -> {nested}, () -> {nested})"
    source = f"""
        class S {{
            interface Maker<T> {{ T make(); }}
            static <T> T g(Maker<T> a, Maker<T> b) {{ return a.make(); }}
            static int f(int x) {{ return {nested}; }}
        }}
    """
    found = run("java", source, [Call("f", [1]), Call("f", [2])], Limits(wall_seconds=2.0)).outcomes
    assert found[0].kind in ("timed out", "stalled") and "not compiled within 2 s" in found[0].detail
    assert found[1].kind == "missing"
    assert outcomes(body("return x;"), 5)[0].value == 5
