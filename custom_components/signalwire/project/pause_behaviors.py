"""What the next pauses send: of the project, and of single recordings."""

from collections.abc import Iterable, Mapping

from ..api import PauseBehavior


class PauseBehaviors:
    """The project's pause behavior, and what was chosen for a recording instead."""

    def __init__(self) -> None:
        """Begin with silence, and nothing chosen."""
        self.default = PauseBehavior.SILENCE
        self._chosen: dict[str, PauseBehavior] = {}

    def restore(self, default: PauseBehavior, chosen: Mapping[str, PauseBehavior]) -> None:
        """Bring back the project's, and those of single recordings by SID."""
        self.default = default
        self._chosen = dict(chosen)

    @property
    def chosen(self) -> dict[str, PauseBehavior]:
        """Return what was chosen for single recordings, by SID."""
        return dict(self._chosen)

    def of(self, sid: str) -> PauseBehavior:
        """Return what the recording's next pause sends."""
        return self._chosen.get(sid, self.default)

    def choose(self, sid: str, pause_behavior: PauseBehavior) -> None:
        """Let the recording's next pauses send this, whatever the project's say."""
        self._chosen[sid] = pause_behavior

    def prune(self, sids: Iterable[str]) -> None:
        """Drop what no active recording needs any more."""
        for sid in self._chosen.keys() - set(sids):
            del self._chosen[sid]
