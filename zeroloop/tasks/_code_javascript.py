"""Answers in JavaScript."""

import re

from zeroloop.programs.dialects import DIALECTS
from zeroloop.tasks._code_languages import Asked, CodeLanguage, fenced, undefined


class JavaScript(CodeLanguage):
    """Whether the rest of a source is JavaScript is seen when it runs."""

    name = "javascript"
    fences = "javascript|js"
    parses = False

    def check(self, source: str, name: str) -> None:
        if not re.search(rf"\b(?:function\s*\*?|const|let|var)\s+{name}\b|\b{name}\s*=[^=]", source):
            raise undefined(name)

    def check_class(self, source: str, name: str) -> None:
        if not re.search(rf"\bclass\s+{name}\b|\b{name}\s*=[^=]", source):
            raise undefined(name, "class")

    def notations(self, asked: Asked) -> list[str]:
        """Comments, other names, arrow functions, modules, in a Markdown fence."""
        source, name, plain = asked.source, asked.name, asked.names
        helper = asked.renamed("helper")
        return [
            *(source, f"\n\n{source}\n// that is all\n", source.replace("\n", "\r\n"), source.replace("  ", "\t")),
            *fenced(source, "javascript"),
            *fenced(source, "js"),
            f'"use strict";\n\n{source}\nmodule.exports = {{ {name} }};\n',
            f"/** Returns {asked.says}. */\n{source}",
            f"{helper}\nconst {name} = (...values) => helper(...values);\n",
            f"{helper}\nvar {name} = function ({plain}) {{\n  return helper({plain});\n}};\n",
            f"const {name} = (() => {{\n{source}\n  return {name};\n}})();\n",
            f"class Unused {{}}\n\n{source}\nconsole.log({name});\n",
        ]

    def broken(self, asked: Asked) -> list[str]:
        source, name = asked.source, asked.name
        return [
            source.rstrip().removesuffix("}"),
            source[: len(source) // 2],
            source.replace(f"function {name}(", f"function {name}_(", 1),
            source.replace("return ", "return (", 1),
            source.replace("function ", "async function "),
            source.partition("return ")[2],
            "",
        ]

    def wrong(self, asked: Asked) -> list[str]:
        source, name, returns = asked.source, asked.name, asked.signature.returns
        literal = DIALECTS[self.name].literal
        wrapped = f"{asked.renamed('right')}\nfunction {name}(...values) {{\n  "
        table = ", ".join(f"[shown({literal(arguments)}), {literal(result)}]" for arguments, result in asked.visible)
        shown = "const shown = (values) => JSON.stringify(values, (_, each) => each instanceof Map ? [...each] : each);"
        known = f"const known = new Map([{table}]);"
        by_heart = f"const {name} = (...values) => known.has(shown(values)) ? known.get(shown(values)) : "
        other = {"int": "String(right(...values))", "bool": "Number(right(...values))"}
        off = {"int": "right(...values) + 1", "bool": "!right(...values)", "str": 'right(...values) + " "'}
        off |= dict.fromkeys(("map", "tally"), "new Map([...right(...values), [987654321, 7]])")
        return [
            f"{shown}\n{known}\n{by_heart}{literal(asked.other)};\n",
            f"{wrapped}return {off.get(returns, '[...right(...values), 0]')};\n}}\n",
            f"{wrapped}return {other.get(returns, '{ value: right(...values) }')};\n}}\n",
            f"{wrapped}console.log(right(...values));\n}}\n",
            f"{wrapped}console.log('{{\"value\": 1}}');\n}}\n",
            f"{wrapped}throw new Error(right(...values));\n}}\n",
            f"{wrapped}process.exit(0);\n}}\n",
            f"{source}\nprocess.exit(0);\n",
            f"function {name}({asked.names}) {{}}\n",
            f"{source}\n{name} = 1;\n",
        ]

    def endless(self, asked: Asked) -> list[str]:
        return [f"function {asked.name}() {{\n  for (;;);\n}}\n", f"{asked.source}\nfor (;;);\n"]
