"""Classes: read from Python, and what calls of an object's methods come to."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from zeroloop.programs.interpreter import method
from zeroloop.programs.language import Language, language
from zeroloop.programs.reader import read
from zeroloop.programs.terms import ANNOTATIONS, NONE, Class, Field, Function, Signature, Variable
from zeroloop.programs.values import FailedError, LimitError

Calls: TypeAlias = Sequence[tuple[str, Sequence[Any]]]
"""Names of methods, with arguments, that are called one after the other on a new object. Where the constructor has
parameters, its call comes first, by the name of the class; it returns nothing."""
Case: TypeAlias = tuple[Calls, list[Any]]
"""Calls on a new object, and what each returns."""
ROUNDS = 400
"""Of all loops, in a call."""
_DIGITS = (0, 1, 2)


def read_class(text: str, features: Sequence[str]) -> tuple[Class, dict[str, Language]]:
    """The class whose Python source this is, in the form that python.class_source gives it, and the language of each
    method. All may name the constants that one does.

    Raises TaskError for bodies that the language cannot express.
    """
    whole = ast.parse(text).body[0]
    assert isinstance(whole, ast.ClassDef)
    made, *others = [each for each in whole.body if isinstance(each, ast.FunctionDef)]
    given = {each.name: each for each in _parameters(made)}
    fields = tuple(
        Field(
            _variable(ast.unparse(each.target), each.annotation, "efgh"[number], "field"),
            given[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value),
        )
        for number, each in enumerate(made.body)
        if isinstance(each, ast.AnnAssign) and (value := each.value)
    )
    constants = tuple(dict.fromkeys((*_DIGITS, *(value for each in others for value in _constants(each.body[1:])))))
    methods, languages = [], {}
    for each in others:
        returns = ast.unparse(each.returns) if each.returns else ""
        signature = Signature(each.name, _parameters(each), ANNOTATIONS.get(returns, NONE))
        spoken = language(signature, constants, features, fields=tuple(field.variable for field in fields))
        body = "\n".join(map(ast.unparse, each.body[1:]))
        languages[each.name] = spoken
        methods.append(Function(signature, read(spoken, body), ast.get_docstring(each) or ""))
    says = ast.get_docstring(whole) or ""
    return Class(whole.name, fields, tuple(methods), says, tuple(given.values())), languages


def _parameters(method: ast.FunctionDef) -> tuple[Variable, ...]:
    arguments = enumerate(method.args.args[1:])
    return tuple(_variable(each.arg, each.annotation, "abcd"[number], "parameter") for number, each in arguments)


def _variable(name: str, annotation: ast.expr | None, symbol: str, role: str) -> Variable:
    assert annotation is not None
    return Variable(name, ANNOTATIONS[ast.unparse(annotation)], symbol, role)


def _constants(body: Sequence[ast.stmt]) -> Iterator[int | str]:
    """Numbers and texts of a body, but for those that every program may name."""
    nodes = [node for each in body for node in ast.walk(each)]
    signs = {id(node.operand): -1 for node in nodes if isinstance(node, ast.UnaryOp)}
    for node in nodes:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, int) and not isinstance(value, bool) and (signed := value * signs.get(id(node), 1)):
            yield signed


def constructor(whole: Class) -> tuple[Signature, ...]:
    """What is called before all methods; nothing where the class has no parameters."""
    return (Signature(whole.name, whole.parameters, NONE),) if whole.parameters else ()


def runner(whole: Class) -> Callable[[Calls], list[Any]]:
    """What calls on a new object return, None for methods that return nothing; their arguments are never changed.

    Raises FailedError where one has no value, and KeyError for methods that the class does not have.
    """
    begin = starter(whole)
    return lambda calls: begin(calls)[0]


def starter(whole: Class) -> Callable[[Calls], tuple[list[Any], dict[str, Any]]]:
    """Likewise, with what the fields are in the end."""
    names = [each.variable.name for each in whole.fields]
    methods = {each.signature.name: method(each.signature, each.term, names, ROUNDS) for each in whole.methods}
    parameters = [each.name for each in whole.parameters]

    def run(calls: Calls) -> tuple[list[Any], dict[str, Any]]:
        given = dict(zip(parameters, calls[0][1], strict=True)) if parameters else {}
        kept = {each.variable.name: _new(each.initial, given) for each in whole.fields}
        made, rest = ([None], calls[1:]) if parameters else ([], calls)
        try:
            return [*made, *(methods[name](kept, arguments) for name, arguments in rest)], kept
        except (ArithmeticError, IndexError, ValueError) as error:
            raise FailedError(str(error)) from None
        except RecursionError:
            raise LimitError("too deep") from None

    return run


def _new(value: Any, given: dict[str, Any]) -> Any:
    if isinstance(value, Variable):
        return given[value.name]
    return value.copy() if isinstance(value, list | dict) else value
