"""Right and wrong answers to tasks about classes, as people write them in each language."""

import re
from collections.abc import Callable
from typing import NamedTuple

from zeroloop.programs.terms import NONE, Signature
from zeroloop.tasks._code_languages import fenced


class Forms(NamedTuple):
    """Of answers in one language: right ones; what is no program, or has no such class; and programs that are wrong and
    end, or never do. Each is made of a right source and the method that is to be written."""

    notations: Callable[[str, str], list[str]]
    broken: Callable[[str, str], list[str]]
    wrong: Callable[[str, str, Signature], list[str]]
    endless: Callable[[str, str, Signature], list[str]]


def _everywhere(source: str, indent: str, comment: str, tags: list[str]) -> list[str]:
    return [
        *(source, f"\n\n{source}\n{comment} that is all\n", source.replace("\n", "\r\n"), source.replace(indent, "\t")),
        *(text for tag in tags for text in fenced(source, tag)),
    ]


# ---- Python ---------------------------------------------------------------------------------------------------------


def _python_notations(source: str, name: str) -> list[str]:
    right = re.sub(rf"\b{name}\b", "Right", source)
    return [
        *_everywhere(source, "    ", "#", ["python"]),
        source.replace("self._", "self.my_"),
        re.sub(r" -> [^:]+:\n", ":\n", source),
        f"{right}\n\nclass {name}(Right):\n    pass\n",
        f"import math\n\n\n{source}\n\nprint({name})\n",
        f"{source}\n    def __repr__(self) -> str:\n        return 'object'\n",
    ]


def _python_broken(source: str, name: str) -> list[str]:
    renamed = source.replace(f"class {name}:", f"class {name}_:")
    return [source.replace(":\n", "\n", 1), source[: len(source) // 2] + "(", renamed, "", f"def {name}():\n    pass\n"]


def _python_inherited(source: str, name: str, method: Signature, body: str) -> str:
    right = re.sub(rf"\b{name}\b", "Right", source)
    call = f"super().{method.name}(*values)"
    lines = body.replace("CALL", call).replace("\n", "\n        ")
    return f"{right}\n\nclass {name}(Right):\n    def {method.name}(self, *values):\n        {lines}\n"


def _python_wrong(source: str, name: str, method: Signature) -> list[str]:
    bodies = ["raise ValueError(CALL)", "CALL\nimport os\nos._exit(0)", "raise SystemExit(0)", "CALL\nreturn [self]"]
    bodies += [] if method.returns == NONE else ["print(CALL)", "pass"]
    return [
        *(_python_inherited(source, name, method, body) for body in bodies),
        source.replace(f"def {method.name}(", f"def {method.name}_("),
        f"{source}\nraise SystemExit(0)\n",
        f"{source}\n{name} = 1\n",
    ]


def _python_endless(source: str, name: str, method: Signature) -> list[str]:
    return [_python_inherited(source, name, method, "while True:\n    pass")]


# ---- JavaScript -----------------------------------------------------------------------------------------------------


def _javascript_notations(source: str, name: str) -> list[str]:
    right = re.sub(rf"\b{name}\b", "Right", source)
    return [
        *_everywhere(source, "  ", "//", ["javascript", "js"]),
        re.sub(r"#(\w+)", r"_\1", source),
        f"{right}\nconst {name} = class extends Right {{}};\n",
        f'"use strict";\n\n{source}\nmodule.exports = {{ {name} }};\n',
    ]


def _javascript_broken(source: str, name: str) -> list[str]:
    renamed = source.replace(f"class {name} {{", f"class {name}_ {{")
    return [source.rstrip().removesuffix("}"), source[: len(source) // 2] + "(", renamed, "", f"function {name}() {{}}"]


def _javascript_inherited(source: str, name: str, method: Signature, body: str) -> str:
    right = re.sub(rf"\b{name}\b", "Right", source)
    lines = body.replace("CALL", f"super.{method.name}(...values)")
    return f"{right}\nclass {name} extends Right {{\n  {method.name}(...values) {{ {lines} }}\n}}\n"


def _javascript_wrong(source: str, name: str, method: Signature) -> list[str]:
    bodies = ["throw new Error(CALL);", "CALL; process.exit(0);", "CALL; return [this];"]
    bodies += [] if method.returns == NONE else ["console.log(CALL);", ""]
    return [
        *(_javascript_inherited(source, name, method, body) for body in bodies),
        re.sub(rf"\n  {method.name}\(", f"\n  {method.name}_(", source),
        f"{source}\nprocess.exit(0);\n",
    ]


def _javascript_endless(source: str, name: str, method: Signature) -> list[str]:
    return [_javascript_inherited(source, name, method, "for (;;);")]


# ---- Java -----------------------------------------------------------------------------------------------------------


def _java_notations(source: str, name: str) -> list[str]:
    return [
        *_everywhere(source, "    ", "//", ["java"]),
        f"import java.util.*;\nimport java.util.stream.*;\n\n{source}",
        source.replace(f"final class {name}", f"public class {name}"),
        f"{source}\nclass Unused {{\n    int count;\n}}\n",
        re.sub(r" */\*\*.*\*/\n", "", source),
    ]


def _java_broken(source: str, name: str) -> list[str]:
    renamed = re.sub(rf"\bclass {name}\b", f"class {name}_", source)
    return [source.rstrip().removesuffix("}"), source[: len(source) // 2] + "(", renamed, "", "int x = 1;"]


def _java_changed(source: str, method: Signature, start: str) -> str:
    """Statements at the start of the method, which must not make the rest unreachable."""
    return re.sub(rf"(public [^\n(]+ {method.name}\([^\n]*\) \{{\n)", rf"\1        {start}\n", source)


def _java_wrong(source: str, name: str, method: Signature) -> list[str]:
    left = "if (System.nanoTime() != 0)"
    starts = [f'{left} {{ throw new IllegalStateException("no"); }}', f"{left} {{ System.exit(0); }}"]
    return [
        *(_java_changed(source, method, start) for start in starts),
        re.sub(rf"(public [^\n(]+) {method.name}\(", rf"\1 {method.name}_(", source),
        re.sub(r"\}\s*$", "    static { System.exit(0); }\n}\n", source),
    ]


def _java_endless(source: str, name: str, method: Signature) -> list[str]:
    return [_java_changed(source, method, "while (System.nanoTime() != 0) { }")]


FORMS = {
    "python": Forms(_python_notations, _python_broken, _python_wrong, _python_endless),
    "javascript": Forms(_javascript_notations, _javascript_broken, _javascript_wrong, _javascript_endless),
    "java": Forms(_java_notations, _java_broken, _java_wrong, _java_endless),
}
