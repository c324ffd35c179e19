"""What may be wrong in a file: each mutation is the file with one thing changed. Pure functions.

Operators are swapped, comparisons flipped, whole numbers moved by one, conditions and returns turned.
Docstrings, annotations, decorators and text stay.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.FloorDiv,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.FloorDiv,),
    ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
PLAIN = ast.Name | ast.Attribute | ast.Call | ast.Subscript
LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_params", "bases"}


@dataclass(frozen=True)
class Mutation:
    """One changed place: where it is, the line before and after, and the whole file with it."""

    path: str
    line: int
    function: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it as long as the line stays the same."""
        return self.path, self.function, self.before, self.after


@dataclass(frozen=True)
class _Place:
    """A node, and the statement and function around it."""

    node: ast.AST
    statement: ast.stmt
    function: str


def of_file(path: str, source: str) -> Iterator[Mutation]:
    """Every mutation of a file, from top to bottom."""
    tree = ast.parse(source)
    for place in _places(tree):
        before = _shown(place.statement)
        for changed in _changes(place):
            after = _shown(place.statement)
            if changed and after != before:
                line = getattr(place.node, "lineno", place.statement.lineno)
                yield Mutation(path, line, place.function, *_differing(before, after), ast.unparse(tree))


def _places(tree: ast.Module) -> Iterator[_Place]:
    def walk(node: ast.AST, statement: ast.stmt | None, function: str) -> Iterator[_Place]:
        if isinstance(node, ast.stmt):
            statement = node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        for field, value in ast.iter_fields(node):
            if field in LEFT_ALONE:
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or (isinstance(child, ast.keyword) and child.arg == "strict"):
                    continue
                if statement is not None:
                    yield _Place(child, child if isinstance(child, ast.stmt) else statement, function)
                yield from walk(child, statement, function)

    for top in tree.body:
        yield from walk(top, None, "")


def _changes(place: _Place) -> Iterator[bool]:
    """Change the node in every way it can be, and put it back after each."""
    node = place.node
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        yield from _set(node, "op", [other() for other in OPERATORS.get(type(node.op), ())])
    elif isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            for other in OPERATORS.get(type(op), ()):
                yield from _set(node, "ops", [[*node.ops[:at], other(), *node.ops[at + 1 :]]])
    elif isinstance(node, ast.Constant):
        yield from _set(node, "value", _constants(node.value))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield from _set(node.func, "id", [CALLS[node.func.id]])
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield from _set(node, "value", [ast.Constant(None)])
    elif isinstance(node, ast.Continue | ast.Break):
        yield from _as_other(node)
    yield from _conditions(node)


def _conditions(node: ast.AST) -> Iterator[bool]:
    """Turn a condition that is no comparison; take a `not` or a minus away."""
    if isinstance(node, ast.If | ast.IfExp | ast.While) and isinstance(node.test, PLAIN):
        yield from _set(node, "test", [ast.UnaryOp(ast.Not(), node.test)])
    elif isinstance(node, ast.comprehension):
        for at, test in enumerate(node.ifs):
            if isinstance(test, PLAIN):
                yield from _set(node, "ifs", [[*node.ifs[:at], ast.UnaryOp(ast.Not(), test), *node.ifs[at + 1 :]]])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _set(node, "operand", [ast.UnaryOp(ast.Not(), node.operand)])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from _set(node, "op", [ast.UAdd()])


def _as_other(node: ast.Continue | ast.Break) -> Iterator[bool]:
    kind = type(node)
    node.__class__ = ast.Break if kind is ast.Continue else ast.Continue  # type: ignore[assignment]
    yield True
    node.__class__ = kind  # type: ignore[assignment]


def _constants(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    return [value + 1, value - 1] if isinstance(value, int) else []


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _set(node: Any, field: str, others: list[Any]) -> Iterator[bool]:
    kept = getattr(node, field)
    for other in others:
        setattr(node, field, other)
        yield True
    setattr(node, field, kept)


# --- as shown --------------------------------------------------------------------------------------------


def _shown(statement: ast.stmt) -> list[str]:
    """The lines of a statement without what is inside its block; of a function or class none of the body."""
    bare = copy.copy(statement)
    if hasattr(bare, "body"):
        bare.body = [ast.Pass()]  # type: ignore[attr-defined]
    if hasattr(bare, "orelse"):
        bare.orelse = []  # type: ignore[attr-defined]
    return ast.unparse(ast.fix_missing_locations(bare)).splitlines()


def _differing(before: list[str], after: list[str]) -> tuple[str, str]:
    """The first line that differs."""
    pairs = zip(before, after, strict=False)
    return next(((one.strip(), other.strip()) for one, other in pairs if one != other), ("", ""))
