"""What programs come to: evaluated in this process, without running them as Python, within limits.

A term is put together once as functions of the values of its variables.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from zeroloop.programs.layout import DELETES, POPS, statements
from zeroloop.programs.terms import (
    CONTAINERS,
    LIST,
    MAP,
    TALLY,
    WORDS,
    Function,
    Node,
    Production,
    Signature,
    Term,
    tree,
)
from zeroloop.programs.values import (
    MOST_DEPTH,
    MOST_ROUNDS,
    FailedError,
    LimitError,
    appended,
    bounded,
    deleted,
    from_end,
    function,
    put,
    put_in_map,
    rounds,
)


class _Budget:
    """What is left of an evaluation: rounds, and calls within one another."""

    __slots__ = ("depth", "rounds")

    def __init__(self, rounds: int) -> None:
        self.rounds, self.depth = rounds, MOST_DEPTH

    def take(self, count: int) -> None:
        self.rounds -= count
        if self.rounds < 0:
            raise LimitError("too many rounds")


Values: TypeAlias = dict[Any, Any]
"""Of variables by name; 0 is the budget."""
Run: TypeAlias = Callable[[Values], Any]
"""Of an expression: its value. Of statements: None where the next one follows, _BREAK, or the value in a tuple."""
_BREAK: tuple[Any, ...] = ()
Called: TypeAlias = dict[str, Callable[[list[Any], _Budget], Any]]


def evaluator(
    signature: Signature, term: Term, helpers: Sequence[Function] = (), rounds: int = MOST_ROUNDS
) -> Callable[[Sequence[Any]], Any]:
    """The function as a function of a list of arguments, which it never changes.

    rounds: of all loops and calls that an evaluation may take. The result is the caller's own. Raises FailedError where
    there is none.
    """
    called: Called = {}
    for each in (*helpers, Function(signature, term)):
        called[each.signature.name] = _callable(each, called)
    run, copied = called[signature.name], signature.returns in CONTAINERS

    def evaluate(arguments: Sequence[Any]) -> Any:
        try:
            value = run([*arguments], _Budget(rounds))
        except (ArithmeticError, LookupError, ValueError) as error:
            raise FailedError(str(error)) from None
        except RecursionError:
            raise LimitError("too many calls within one another") from None
        return value.copy() if copied else value

    return evaluate


def _callable(called: Function, others: Called) -> Callable[[list[Any], _Budget], Any]:
    node = tree(called.term)
    names = [variable.name for variable in called.signature.parameters]
    make = _Maker(others)
    if node.type == "block":
        block = make.block(node)

        def function(arguments: list[Any], budget: _Budget) -> Any:
            values: Values = dict(zip(names, arguments, strict=True))
            values[0] = budget
            return block(values)[0]

        return function
    run = make.expression(node)

    def expression(arguments: list[Any], budget: _Budget) -> Any:
        values: Values = dict(zip(names, arguments, strict=True))
        values[0] = budget
        return run(values)

    return expression


def method(
    signature: Signature, term: Term, fields: Sequence[str], rounds: int
) -> Callable[[Values, Sequence[Any]], Any]:
    """The method as a function of what the fields of an object are, by name, which it changes, and its arguments.

    Raises what `evaluator` catches.
    """
    block = _Maker({}).block(tree(term))
    names, copied = [variable.name for variable in signature.parameters], signature.returns in CONTAINERS

    def call(kept: Values, arguments: Sequence[Any]) -> Any:
        values: Values = {**kept, **dict(zip(names, arguments, strict=True)), 0: _Budget(rounds)}
        left = block(values)
        kept.update((name, values[name]) for name in fields)
        if not left:
            return None
        return left[0].copy() if copied else left[0]

    return call


class _Maker(NamedTuple):
    """Puts terms together. called: functions by name, which are looked up when they are called."""

    called: Called

    # ---- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: Node) -> Run:
        """The value of an expression."""
        head = node.head
        assert isinstance(head, Production), "a program with holes has no value"
        if head.op == "constant":
            return _constant(head.value, head.type)
        if head.op == "variable":
            name = head.value
            return lambda values: values[name]
        parts = [self.expression(child) for child in node.children]
        if head.op == "call":
            return self._call(head.value, parts)
        if head.op in _SPECIAL:
            return _SPECIAL[head.op]([variable.name for variable in head.bound], *parts)
        if head.op in ("item", "item of words") and _is_negative(node.children[1]):
            return _applied(from_end, parts)
        if head.op == "+" and head.type == "int":
            return _sum_of(*parts)
        return _applied(function(head.op, head.type), parts)

    def _call(self, name: str, parts: list[Run]) -> Run:
        called = self.called

        def run(values: Values) -> Any:
            budget = values[0]
            arguments = [part(values) for part in parts]
            budget.take(1)
            if not budget.depth:
                raise LimitError("too many calls within one another")
            budget.depth -= 1
            value = called[name](arguments, budget)
            budget.depth += 1
            return value

        return run

    # ---- statements -------------------------------------------------------------------------------------------------

    def block(self, node: Node) -> Run:
        """Statements one after the other."""
        runs = [self.statement(each) for each in statements(node)]
        if len(runs) == 1:
            return runs[0]

        def run(values: Values) -> Any:
            for each in runs:
                left = each(values)
                if left is not None:
                    return left
            return None

        return run

    def statement(self, node: Node) -> Run:
        """One statement, without those that follow."""
        op, children = node.op, node.children
        if op == "return":
            value = self.expression(children[0])
            return lambda values: (value(values),)
        if op == "break":
            return lambda values: _BREAK
        if op.startswith("let "):
            return _assigned(node.bound[0].name, self._fresh(children[0]))
        if op.startswith("set "):
            return _assigned(children[0].name, self._fresh(children[1]))
        if op == "pair":
            return _paired(children[0].name, children[1].name, *map(self.expression, children[2:4]))
        if op in POPS:
            return _popped(node.bound[0].name, children[0].name, 0 if op == "pop first" else -1)
        if op in _CHANGES:
            return _changed(_CHANGES[op], children[0].name, [self.expression(each) for each in children[1:-1]])
        if op in ("if return", "when", "when else"):
            return self._branch(node)
        return self._loop(node)

    def _fresh(self, node: Node) -> Run:
        """The value of an expression, a copy where a list or map may have another name, too."""
        value = self.expression(node)
        if node.type in CONTAINERS and node.op in ("variable", "call"):
            return lambda values: value(values).copy()
        return value

    def _branch(self, node: Node) -> Run:
        condition = self.expression(node.children[0])
        if node.op == "if return":
            value = self.expression(node.children[1])
            return lambda values: (value(values),) if condition(values) else None
        then = self.block(node.children[1])
        if node.op == "when":
            return lambda values: then(values) if condition(values) else None
        otherwise = self.block(node.children[2])
        return lambda values: then(values) if condition(values) else otherwise(values)

    def _loop(self, node: Node) -> Run:
        body = self.block(node.children[-2])
        if node.op == "while":
            return _while(self.expression(node.children[0]), body)
        name = node.bound[0].name
        if node.op == "count up":
            start, end = map(self.expression, node.children[:2])
            return _each(name, lambda values: rounds(start(values), end(values)), body)
        over = self.expression(node.children[0])
        return _each(name, lambda values: tuple(over(values)), body)


def _constant(value: Any, kind: str) -> Run:
    if kind in (LIST, WORDS):
        return lambda values: []
    if kind in (MAP, TALLY):
        return lambda values: {}
    return lambda values: value


def _is_negative(node: Node) -> bool:
    return node.op == "constant" and bool(node.value < 0)


def _applied(of: Callable[..., Any], parts: list[Run]) -> Run:
    first = parts[0]
    if len(parts) == 1:
        return lambda values: of(first(values))
    second = parts[1]
    if len(parts) == 2:
        return lambda values: of(first(values), second(values))
    third = parts[2]
    return lambda values: of(first(values), second(values), third(values))


def _sum_of(first: Run, second: Run) -> Run:
    return lambda values: bounded(first(values) + second(values))


def _assigned(name: str, value: Run) -> Run:
    def run(values: Values) -> None:
        values[name] = value(values)

    return run


def _paired(first: str, second: str, one: Run, other: Run) -> Run:
    def run(values: Values) -> None:
        values[first], values[second] = one(values), other(values)

    return run


_CHANGES: dict[str, Callable[..., None]] = {
    **dict.fromkeys(("append", "append of words"), appended),
    "put": put,
    **dict.fromkeys(("put in map", "put in tally"), put_in_map),
    **dict.fromkeys(DELETES, deleted),
}


def _popped(name: str, of: str, at: int) -> Run:
    def run(values: Values) -> None:
        values[name] = values[of].pop(at)

    return run


def _changed(change: Callable[..., None], name: str, parts: list[Run]) -> Run:
    def run(values: Values) -> None:
        change(values[name], *[part(values) for part in parts])

    return run


def _while(condition: Run, body: Run) -> Run:
    def run(values: Values) -> Any:
        take = values[0].take
        while condition(values):
            take(1)
            left = body(values)
            if left is not None:
                return left or None
        return None

    return run


def _each(name: str, over: Run, body: Run) -> Run:
    def run(values: Values) -> Any:
        items = over(values)
        values[0].take(len(items))
        for item in items:
            values[name] = item
            left = body(values)
            if left is not None:
                return left or None
        return None

    return run


# ---- expressions that bind variables, or leave parts out ------------------------------------------------------------


def _rounds(values: Values, name: str, over: Sequence[Any]) -> Iterator[None]:
    """One round for each item, while there are rounds left."""
    values[0].take(len(over))
    for item in over:
        values[name] = item
        yield


def _if(_: Any, then: Run, condition: Run, otherwise: Run) -> Run:
    return lambda values: then(values) if condition(values) else otherwise(values)


def _and(_: Any, first: Run, second: Run) -> Run:
    return lambda values: first(values) and second(values)


def _or(_: Any, first: Run, second: Run) -> Run:
    return lambda values: first(values) or second(values)


def _any(bound: list[str], body: Run, over: Run) -> Run:
    return lambda values: any(body(values) for _ in _rounds(values, bound[0], over(values)))


def _all(bound: list[str], body: Run, over: Run) -> Run:
    return lambda values: all(body(values) for _ in _rounds(values, bound[0], over(values)))


def _map(bound: list[str], body: Run, over: Run) -> Run:
    return lambda values: [body(values) for _ in _rounds(values, bound[0], over(values))]


def _filter(bound: list[str], over: Run, keep: Run) -> Run:
    name = bound[0]
    return lambda values: [values[name] for _ in _rounds(values, name, over(values)) if keep(values)]


def _map_and_filter(bound: list[str], body: Run, over: Run, keep: Run) -> Run:
    return lambda values: [body(values) for _ in _rounds(values, bound[0], over(values)) if keep(values)]


def _for(bound: list[str], first: Run, over: Run, body: Run) -> Run:
    item, result = bound

    def run(values: Values) -> Any:
        start, items = first(values), over(values)
        values[result] = start
        for _ in _rounds(values, item, items):
            values[result] = body(values)
        return values[result]

    return run


_SPECIAL: dict[str, Callable[..., Run]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "any": _any,
    "all": _all,
    "map": _map,
    "filter": _filter,
    "map and filter": _map_and_filter,
    "for": _for,
    "for of str": _for,
}
