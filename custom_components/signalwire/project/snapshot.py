"""What the entities show: one snapshot of a project, made after each change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api import PauseBehavior, Recording, RecordingStatus
from .daily_totals import Today
from .hold import HoldSnapshot
from .parties import Parties
from .retention_rule import RetentionSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSnapshot:
    """What is known of a line: its name and active recordings, their slots, and what holds it.

    `statuses` are those of its recordings that are confirmed, and None for a pause that is not.
    """

    name: str
    sids: tuple[str, ...] = ()
    statuses: frozenset[RecordingStatus | None] = frozenset()
    slots: tuple[int, ...] = ()
    hold: HoldSnapshot = field(default_factory=HoldSnapshot)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSnapshot:
    """What is known of a project's active recordings, as the service confirmed it.

    `recordings` are all active ones by SID; `uncertain` are the SIDs of those whose status may be
    another by now, and `unread` how many recordings exist, or may, that could not be read; `slots`
    maps every slot to the SID in it, or None; `parties` maps SIDs of recordings to who talks to
    whom, once that was read; `pause_behaviors` maps them to what was chosen for their next pause;
    `lines` are the project's lines by ID, `unassigned` is how many recordings may be on any of
    them.
    `unresumed` is how many a hold paused and has not resumed yet after its end, which no entity
    shows, but which wakes who waits for it; `today` counts the recordings that have ended today;
    `retention` is what is deleted by itself, `copied` how many percent of what is to be copied are.
    """

    recordings: Mapping[str, Recording] = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    unread: int = 0
    slots: Mapping[int, str | None] = field(default_factory=dict)
    parties: Mapping[str, Parties] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    hold: HoldSnapshot = field(default_factory=HoldSnapshot)
    lines: Mapping[str, LineSnapshot] = field(default_factory=dict)
    unassigned: int = 0
    unresumed: int = 0
    today: Today = field(default_factory=Today)
    retention: RetentionSnapshot = field(default_factory=RetentionSnapshot)
    copied: int | None = None

    def in_slot(self, number: int) -> Recording | None:
        """Return the recording in a slot."""
        sid = self.slots.get(number)
        return None if sid is None else self.recordings.get(sid)

    def hold_of(self, line_id: str | None) -> HoldSnapshot:
        """Return what holds a line, or with None the whole project."""
        return self.hold if line_id is None else self.lines[line_id].hold

    def on_line(self, line_id: str) -> list[Recording]:
        """Return the active recordings on a line; none on one that was just removed."""
        line = self.lines.get(line_id)
        return [] if line is None else [self.recordings[sid] for sid in line.sids]

    def confirmed_status(self, recording: Recording) -> RecordingStatus | None:
        """Return the status to show, or None for a pause that has become uncertain."""
        if recording.status is RecordingStatus.PAUSED and recording.sid in self.uncertain:
            return None
        return recording.status

    def pause_behavior_of(self, sid: str) -> PauseBehavior:
        """Return what the recording's next pause sends."""
        return self.pause_behaviors.get(sid, self.pause_behavior)
