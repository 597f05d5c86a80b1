"""What the coordinator holds for the entities to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api import PauseBehavior, Recording
from .daily_totals import Today
from .hold import HoldSnapshot
from .parties import Parties


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSnapshot:
    """What is known of a project's active recordings, as the service confirmed it.

    `recordings` are all active ones by SID; `slots` maps every slot to the SID that sits in it,
    or None; `parties` maps SIDs of recordings to who talks to whom, once that has been read;
    `pause_behaviors` maps them to what was chosen for their next pause; `hold` is whether all of
    them are to be paused; `today` counts those that have ended today.
    """

    recordings: Mapping[str, Recording] = field(default_factory=dict)
    slots: Mapping[int, str | None] = field(default_factory=dict)
    parties: Mapping[str, Parties] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    hold: HoldSnapshot = field(default_factory=HoldSnapshot)
    today: Today = field(default_factory=Today)

    def in_slot(self, number: int) -> Recording | None:
        """Return the recording in a slot."""
        sid = self.slots.get(number)
        return None if sid is None else self.recordings.get(sid)

    def pause_behavior_of(self, sid: str) -> PauseBehavior:
        """Return what the recording's next pause sends."""
        return self.pause_behaviors.get(sid, self.pause_behavior)
