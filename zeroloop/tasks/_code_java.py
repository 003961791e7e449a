"""Answers in Java."""

import re

from zeroloop.programs import java
from zeroloop.programs.dialects import DIALECTS
from zeroloop.tasks._code_languages import Asked, CodeLanguage, fenced, undefined

_CHANGED = {
    "int": "return found + 1;",
    "bool": "return !found;",
    "str": 'return found + " ";',
    "list": "var other = new ArrayList<>(found); other.add(0L); return other;",
    "words": 'var other = new ArrayList<>(found); other.add("a"); return other;',
    "map": "var other = new HashMap<>(found); other.put(987654321L, 7L); return other;",
    "tally": 'var other = new HashMap<>(found); other.put("something else", 7L); return other;',
}
"""What returns another value, for each type."""


class Java(CodeLanguage):
    """Static methods of any class; whether the rest of a source is Java is seen when it is compiled."""

    name = "java"
    fences = "java"
    parses = False

    def check(self, source: str, name: str) -> None:
        if not re.search(rf"\bstatic\b[^;={{}}()]*\b{name}\s*\(", source):
            raise undefined(name)

    def check_class(self, source: str, name: str) -> None:
        if not re.search(rf"\bclass\s+{name}\b", source):
            raise undefined(name, "class")

    def notations(self, asked: Asked) -> list[str]:
        """Comments, other classes, helpers, a method to start, in a Markdown fence."""
        source = asked.source
        start = "public static void main(String[] arguments) {\n        System.out.println(1);\n    }"
        return [
            *(source, f"\n\n{source}\n// that is all\n", source.replace("\n", "\r\n"), source.replace("    ", "\t")),
            *fenced(source, "java"),
            f"import java.util.*;\nimport java.util.stream.*;\n\n{source}",
            source.replace("final class Solution", "public class Main"),
            source.replace("public static", "static"),
            f"{source}\nclass Unused {{\n    int count;\n}}\n",
            _with_method(source, start),
            _with_method(source, f"/** Returns {asked.says}. */\n    private static int unused() {{ return 0; }}"),
            _wrapped(asked, java.TYPES[asked.signature.returns], "return found;"),
        ]

    def broken(self, asked: Asked) -> list[str]:
        source, name = asked.source, asked.name
        return [
            source.rstrip().removesuffix("}"),
            source[: len(source) // 2],
            source.replace(f" {name}(", f" {name}_("),
            source.replace("return ", "return (", 1),
            source.replace("static ", ""),
            source.partition("return ")[2],
            "",
        ]

    def wrong(self, asked: Asked) -> list[str]:
        source, kind = asked.source, asked.signature.returns
        empty = f"final class Solution {{\n    {java.head(asked.signature)} {{\n    }}\n}}\n"
        other = {"int": "(double) found", "bool": "found ? 1 : 0", "str": "List.of(found)"}
        return [
            self._by_heart(asked),
            _wrapped(asked, java.TYPES[kind], _CHANGED[kind]),
            _wrapped(asked, "Object", f"return {other.get(kind, 'String.valueOf(found)')};"),
            _wrapped(asked, "Object", "System.out.println(found); return null;"),
            _wrapped(asked, "Object", 'System.out.println("{\\"value\\": 1}"); return null;'),
            _wrapped(asked, "Object", "throw new IllegalStateException(String.valueOf(found));"),
            _wrapped(asked, "Object", "System.exit(0); return found;"),
            _with_method(source, "static { System.exit(0); }"),
            empty,
        ]

    def _by_heart(self, asked: Asked) -> str:
        literal = DIALECTS[self.name].literal
        lines = [
            f"if (List.of({asked.names}).equals({literal(arguments)})) {{ return {literal(result)}; }}"
            for arguments, result in asked.visible
        ]
        body = "\n        ".join([*lines, f"return {literal(asked.other)};"])
        head = java.head(asked.signature).replace(java.TYPES[asked.signature.returns], "Object", 1)
        return f"import java.util.*;\n\nfinal class Solution {{\n    {head} {{\n        {body}\n    }}\n}}\n"

    def endless(self, asked: Asked) -> list[str]:
        start = "static { boolean on = true; while (on) { } }"
        return [_wrapped(asked, "Object", "for (;;);"), _with_method(asked.source, start)]


def _with_method(source: str, text: str) -> str:
    """A source whose class has one more member."""
    return f"{source.rstrip().removesuffix('}')}\n    {text}\n}}\n"


def _wrapped(asked: Asked, returns: str, body: str) -> str:
    """A source in which the function does something with the right result, `found`."""
    head = java.head(asked.signature).replace(java.TYPES[asked.signature.returns], returns, 1)
    call = f"{java.TYPES[asked.signature.returns]} found = right({asked.names});"
    return "import java.util.*;\n" + _with_method(asked.renamed("right"), f"{head} {{\n        {call} {body}\n    }}")
