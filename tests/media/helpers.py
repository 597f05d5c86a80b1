"""What the tests of past recordings share."""

from datetime import UTC, datetime, timedelta

from simulator import Simulator
from simulator.models import Recording, Status


def past_recording(
    simulator: Simulator,
    ended_ago: timedelta = timedelta(minutes=5),
    *,
    seconds: int = 60,
    from_number: str = "+15550100",
    to_number: str = "+15550101",
    status: Status = Status.COMPLETED,
) -> Recording:
    """Return a recording of a call that was over some time ago."""
    started = simulator.space.now() - ended_ago - timedelta(seconds=seconds)
    call = simulator.space.start_call(from_number=from_number, to_number=to_number, started=started)
    recording = simulator.space.start_recording(call_sid=call.sid, started=started)
    recording.status, recording.ended = status, started + timedelta(seconds=seconds)
    call.status, call.ended = "completed", recording.ended
    return recording


def past_conference(simulator: Simulator, name: str, ended_ago: timedelta) -> Recording:
    """Return a recording of a conference that was over some time ago."""
    started = simulator.space.now() - ended_ago - timedelta(minutes=1)
    room = simulator.space.start_conference(friendly_name=name, started=started)
    recording = simulator.space.start_recording(conference_sid=room.sid, started=started)
    recording.status, recording.ended = Status.COMPLETED, started + timedelta(minutes=1)
    room.status, room.ended = "completed", recording.ended
    return recording


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""A Friday, for tests of the calendar."""
