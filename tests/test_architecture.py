"""The packages and root modules of the integration: which may import which, without a circle."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "custom_components" / "signalwire"
PACKAGE = "custom_components.signalwire"
MODULES = sorted(FOLDER.rglob("*.py"))
MAX_CHAIN = 8


def imports_of(path: Path) -> Iterator[str]:
    """Yield the absolute names of the modules that are imported when this one is."""
    package = [PACKAGE, *path.relative_to(FOLDER).parent.parts]
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = ".".join(package[: len(package) - level + 1]) if level else ""
                if module is None:
                    yield from (f"{base}.{alias.name}" for alias in names)
                else:
                    yield f"{base}.{module}" if base else module


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield what runs on import; not what only type checkers see, nor what functions import."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node


def unit_of(name: str) -> str | None:
    """Return the unit of one of our modules: its package, or the module of the root itself."""
    if not name.startswith(f"{PACKAGE}."):
        return "__init__" if name == PACKAGE else None
    return name.removeprefix(f"{PACKAGE}.").partition(".")[0]


@cache
def units() -> dict[str, set[str]]:
    """Return which other units each unit imports."""
    found: dict[str, set[str]] = {}
    for path in MODULES:
        first = path.relative_to(FOLDER).parts[0]
        unit = first.removesuffix(".py")
        found.setdefault(unit, set()).update(
            other for name in imports_of(path) if (other := unit_of(name)) not in (None, unit)
        )
    return found


def chains(unit: str, chain: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every chain of imports that begins at a unit; a circle ends with its beginning."""
    chain = (*chain, unit)
    if unit in chain[:-1] or not units()[unit]:
        yield chain
        return
    for other in sorted(units()[unit]):
        yield from chains(other, chain)


def test_no_unit_imports_itself_through_others() -> None:
    assert [chain for unit in units() for chain in chains(unit) if chain[-1] in chain[:-1]] == []


def test_no_chain_of_imports_is_too_long() -> None:
    longest = max((chain for unit in units() for chain in chains(unit)), key=len)
    assert len(longest) <= MAX_CHAIN, " -> ".join(longest)


def test_the_api_knows_nothing_of_home_assistant() -> None:
    foreign = {
        name
        for path in (FOLDER / "api").glob("*.py")
        for name in imports_of(path)
        if name.startswith("homeassistant") or unit_of(name) not in (None, "api")
    }
    assert foreign == set()


def test_the_state_does_no_input_or_output() -> None:
    assert {
        name
        for name in imports_of(FOLDER / "project" / "state.py")
        if name in ("asyncio", "aiohttp", "time") or name.startswith("homeassistant.core")
    } == set()


def test_the_media_browser_is_not_imported_for_a_name() -> None:
    assert list(imports_of(FOLDER / "media" / "__init__.py")) == []


def test_every_module_says_what_it_is_for() -> None:
    assert [
        str(path)
        for path in MODULES
        if path.stat().st_size
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ] == []
