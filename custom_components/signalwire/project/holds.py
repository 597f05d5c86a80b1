"""The holds in force: of the whole project, and of single lines."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from .hold import Hold, combined

type Scope = str | None
"""What a hold is for: a line, by its ID, or with None the whole project."""


class Holds:
    """All holds in force, by scope and name; the newest of a scope comes last."""

    def __init__(self, holds: Iterable[Hold] = ()) -> None:
        self._by_scope: dict[Scope, dict[str, Hold]] = {}
        # What the holds of a scope ask for together; that of the newest hold comes last.
        self._together: dict[Scope, Hold] = {}
        # The same for recordings on these lines, as far as it was asked for.
        self._on: dict[frozenset[str] | None, Hold | None] = {}
        for hold in holds:
            self.begin(hold)

    def __iter__(self) -> Iterator[Hold]:
        """Yield all holds, those of the project first."""
        for scope in sorted(self._by_scope, key=lambda scope: scope or ""):
            yield from self._by_scope[scope].values()

    def __bool__(self) -> bool:
        """Return whether anything is held."""
        return bool(self._together)

    def of(self, scope: Scope) -> tuple[Hold, ...]:
        """Return the holds of a scope itself; a line may be held by the project's as well."""
        return tuple(self._by_scope.get(scope, {}).values())

    def together(self) -> list[Hold]:
        """Return what each held scope is held by, one for each."""
        return list(self._together.values())

    def on(self, lines: frozenset[str] | None) -> Hold | None:
        """Return what asks recordings on these lines to be paused, None if nothing does.

        Without lines, which are not known yet, every hold counts.
        """
        if not self._together:
            return None
        if lines not in self._on:
            scopes = self._together.keys() if lines is None else {None, *lines}
            self._on[lines] = combined(
                hold for scope, hold in self._together.items() if scope in scopes
            )
        return self._on[lines]

    def held_lines(self, lines: Iterable[str]) -> frozenset[str]:
        """Return which of these lines are held, by a hold of their own or of the project."""
        return frozenset(line for line in lines if {None, line} & self._together.keys())

    def begin(self, hold: Hold) -> None:
        """Begin a hold, or extend the one of its scope and name that is in force."""
        named = self._by_scope.setdefault(hold.line, {})
        before = named.pop(hold.name, None)
        named[hold.name] = hold if before is None else before.extended_by(hold)
        self._follow(hold.line)
        self._together[hold.line] = self._together.pop(hold.line)

    def end(self, scope: Scope, name: str | None = None) -> list[Hold]:
        """End the hold of a name, or all of a scope; return those that were in force."""
        named = self._by_scope.get(scope, {})
        ended = [named.pop(each) for each in list(named) if name in (None, each)]
        if ended:
            self._follow(scope)
        return ended

    def end_before(self, now: datetime) -> list[Hold]:
        """End the holds whose time is up; return them."""
        over = [hold for hold in self if hold.until is not None and hold.until <= now]
        for hold in over:
            self.end(hold.line, hold.name)
        return over

    def _follow(self, scope: Scope) -> None:
        self._on.clear()
        if (together := combined(self.of(scope))) is None:
            del self._by_scope[scope], self._together[scope]
            return
        before = self._together.get(scope)
        # All has been held since the first of them began, though that may have ended.
        begun = together.begun if before is None else before.begun
        self._together[scope] = replace(together, begun=begun)
