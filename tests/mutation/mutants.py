"""Mutants: the same module with one small mistake in it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import override

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_REMOVED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete, ast.Raise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mistake: in which line of which file, what it is, and the module with it."""

    path: Path
    line: int
    mistake: str
    tree: ast.Module


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    source = path.read_text()
    number = 0
    while True:
        maker = _Maker(number)
        tree = ast.parse(source)
        tree.body = maker.visit_all(tree.body)
        if maker.made is None:
            return
        line, mistake = maker.made
        yield Mutant(path=path, line=line, mistake=mistake, tree=ast.fix_missing_locations(tree))
        number += 1


class _Maker(ast.NodeTransformer):
    """Makes the mistake of the given number, and no other."""

    def __init__(self, number: int) -> None:
        self.made: tuple[int, str] | None = None
        self._number = number

    def _is_next(self, node: ast.expr | ast.stmt, mistake: str) -> bool:
        self._number -= 1
        if self._number != -1:
            return False
        self.made = node.lineno, f"{mistake}: {ast.unparse(node).splitlines()[0][:70]}"
        return True

    def visit_all(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements, one of them with the mistake if it is there."""
        return [node for node in map(self.visit, body) if isinstance(node, ast.stmt)]

    @override
    def visit(self, node: ast.AST) -> ast.AST:
        """Leave out what no test could or should notice."""
        if isinstance(node, ast.stmt) and _is_untested(node):
            return node
        if isinstance(node, _REMOVED) and self._is_next(node, "removed"):
            return ast.copy_location(ast.Pass(), node)
        visited: ast.AST = super().visit(node)
        return visited

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave the signature alone."""
        node.body = self.visit_all(node.body)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Leave the signature alone."""
        node.body = self.visit_all(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Leave the type alone."""
        if node.value is not None and isinstance(value := self.visit(node.value), ast.expr):
            node.value = value
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave decorators and bases alone."""
        node.body = self.visit_all(node.body)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Take the neighbour of a comparison."""
        other = _COMPARISONS[type(node.ops[0])]
        if self._is_next(node, other.__name__):
            node.ops = [other(), *node.ops[1:]]
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Swap `and` and `or`."""
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self._is_next(node, other.__name__):
            node.op = other()
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Leave out a `not`."""
        if isinstance(node.op, ast.Not) and self._is_next(node, "without not"):
            return node.operand
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Swap plus and minus, and their like."""
        other = _ARITHMETIC.get(type(node.op))
        if other is not None and self._is_next(node, other.__name__):
            node.op = other()
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Swap `min` and `max`, `any` and `all`."""
        if (
            isinstance(node.func, ast.Name)
            and (name := _SWAPPED_NAMES.get(node.func.id))
            and self._is_next(node, name)
        ):
            node.func = ast.copy_location(ast.Name(name, ast.Load()), node.func)
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Take another boolean or number."""
        value: object = node.value
        if isinstance(value, bool):
            value = not value
        elif isinstance(value, int | float):
            value = value * 100 if value else 1
        else:
            return node
        if self._is_next(node, f"{value}"):
            return ast.copy_location(ast.Constant(value), node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        """Do it when it should not be done."""
        if self._is_next(node, "negated"):
            test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
            node.test = test
            return node
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Return nothing."""
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not nothing and self._is_next(node, "None"):
            node.value = ast.copy_location(ast.Constant(None), node.value)
            return node
        return self.generic_visit(node)


def _is_untested(node: ast.stmt) -> bool:
    """Return whether it is a docstring, an import, or a line for the log."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.TypeAlias():
            return True
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_LOGGER" | "LOGGER")))):
            return True
        case ast.Assign(targets=[ast.Name(id="_LOGGER" | "__all__")]):
            return True
    return False
