"""Answers in Python."""

import ast
import re
import warnings

from zeroloop.errors import TaskError
from zeroloop.tasks._code_languages import Asked, CodeLanguage, fenced, undefined


class Python(CodeLanguage):
    """Read as a syntax tree, which runs nothing."""

    name = "python"
    fences = "python|py"
    parses = True

    def check(self, source: str, name: str) -> None:
        if not re.search(rf"\bdef\s+{name}\b", source):
            raise undefined(name)
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in _statements(source)):
            raise undefined(name)

    def check_class(self, source: str, name: str) -> None:
        if not re.search(rf"\bclass\s+{name}\b", source):
            raise undefined(name, "class")
        if not any(isinstance(node, ast.ClassDef) and node.name == name for node in _statements(source)):
            raise undefined(name, "class")

    def notations(self, asked: Asked) -> list[str]:
        """Comments, no annotations, other names, helpers, in a Markdown fence."""
        source, name, plain = asked.source, asked.name, asked.names
        before, head, body = _parts(asked)
        found = [
            *(source, f"\n\n{source}\n# that is all\n", source.replace("\n", "\r\n"), source.replace("    ", "\t")),
            *fenced(source, "python"),
            f"{before}def {name}({plain}):\n{body}",
            f'import math\n\n{before}{head}    """Return {asked.says}."""\n{body}',
            f"{before}def helper({plain}):\n{body}\n\ndef {name}(*values):\n    return helper(*values)\n",
            f"{before}def {name}(*values):\n    {plain}{',' * (',' not in plain)} = values\n{body}",
            f"{source}\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
            f"class Unused:\n    pass\n\n\n{source}print({name})\n",
        ]
        if body.count("return ") == 1:
            found.append(f"{before}{head}" + body.replace("return ", "answer = ") + "    return answer\n")
        return found

    def broken(self, asked: Asked) -> list[str]:
        source, name = asked.source, asked.name
        return [
            source.replace(":\n", "\n", 1),
            source[: len(source) // 2],
            source.replace(f"def {name}(", f"def {name}_(", 1),
            source.replace("return ", "return (", 1),
            source.replace("def ", "async def "),
            source.partition("return ")[2],
            "",
        ]

    def wrong(self, asked: Asked) -> list[str]:
        source, name, returns = asked.source, asked.name, asked.signature.returns
        _, head, _ = _parts(asked)
        wrapped = f"{asked.renamed('right')}\n\ndef {name}(*values):\n    "
        table = {repr(arguments): result for arguments, result in asked.visible}
        other = {"int": "float(right(*values))", "bool": "int(right(*values))", "str": "[*right(*values)]"}
        off = {"int": "right(*values) + 1", "bool": "not right(*values)", "str": "right(*values) + ' '"}
        off |= dict.fromkeys(("map", "tally"), "{**right(*values), 987654321: 7}")
        return [
            f"def {name}(*values):\n    return {table!r}.get(repr([*values]), {asked.other!r})\n",
            f"{wrapped}return {off.get(returns, 'right(*values) + [0]')}\n",
            f"{wrapped}return {other.get(returns, '(*right(*values),)')}\n",
            f"{wrapped}print(right(*values))\n",
            f"{wrapped}print('{{\"value\": 1}}', flush=True)\n",
            f"{wrapped}raise ValueError(right(*values))\n",
            f"{wrapped}import os\n    os._exit(0)\n",
            f"{wrapped}raise SystemExit(0)\n",
            f"{source}\nraise SystemExit(0)\n",
            f"{head}    pass\n",
            f"{source}\n{name} = 1\n",
        ]

    def endless(self, asked: Asked) -> list[str]:
        loop = "while True:\n        pass\n"
        return [f"{_parts(asked)[1]}    {loop}", f"{asked.source}\n{loop}"]


def _statements(source: str) -> list[ast.stmt]:
    """Raises TaskError for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source).body
    except SyntaxError as error:
        raise TaskError(f"answer: line {error.lineno} is no Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise TaskError(f"answer: no Python that can be read: {error}") from None


def _parts(asked: Asked) -> tuple[str, str, str]:
    """The right answer before the function's head, the head, and its body."""
    return asked.source.partition(f"{asked.signature.text()}:\n")
