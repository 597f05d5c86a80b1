"""The state of a space: what is called, met and recorded, and what may happen to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

from .errors import invalid, not_found, not_in_progress
from .models import ACTIVE, Call, Conference, PhoneNumber, Recording, Status, Transcription

type Listener = Callable[[Recording], None]


class Space:
    """Calls, conferences and recordings of one project, in order of their creation.

    A recording is queued or in progress, can be paused and resumed, and ends stopped by an
    update or completed with its call or conference; one that is shorter than
    `shortest_recording` is absent, with `absent_stop` also when it was stopped. With `fails`,
    recordings end as failed. That a stop can end as absent is a guess: stopping a real one within
    a second would tell.
    """

    def __init__(
        self, now: Callable[[], datetime] | None = None, shortest_recording: float = 0
    ) -> None:
        self._clock = now or (lambda: datetime.now(UTC))
        self._ahead = timedelta(0)
        self.shortest_recording = timedelta(seconds=shortest_recording)
        self.absent_stop = False
        self.fails = False
        # How long it takes until the price of a recording that has ended is known.
        self.price_delay = timedelta(0)
        self.calls: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.recordings: dict[str, Recording] = {}
        self.phone_numbers: list[PhoneNumber] = []
        self.listeners: list[Listener] = []
        self._numbers = count()

    def now(self) -> datetime:
        """Return the time on the space."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time go by at once."""
        self._ahead += timedelta(seconds=seconds)

    def clear(self) -> None:
        """Forget everything."""
        self.calls.clear()
        self.conferences.clear()
        self.recordings.clear()
        self.phone_numbers.clear()

    def add_phone_number(self, number: str, name: str = "") -> PhoneNumber:
        """Give the project a telephone number."""
        added = PhoneNumber(
            sid=str(uuid4()), number=number, name=name or number, created=self.now()
        )
        self.phone_numbers.append(added)
        return added

    def start_call(
        self,
        *,
        from_number: str = "+15550100",
        to_number: str = "+15550101",
        started: datetime | None = None,
    ) -> Call:
        """Let somebody call somebody."""
        call = Call(
            sid=str(uuid4()),
            from_number=from_number,
            to_number=to_number,
            created=started or self.now(),
        )
        self.calls[call.sid] = call
        return call

    def hang_up(self, sid: str) -> Call:
        """End a call, and with it its recordings."""
        call = _existing(self.calls, sid)
        if call.ended is None:
            call.status, call.ended = "completed", self.now()
            self._complete(lambda recording: recording.call_sid == sid)
        return call

    def start_conference(
        self, *, friendly_name: str = "Conference", started: datetime | None = None
    ) -> Conference:
        """Open a conference."""
        conference = Conference(
            sid=str(uuid4()), friendly_name=friendly_name, created=started or self.now()
        )
        self.conferences[conference.sid] = conference
        return conference

    def end_conference(self, sid: str) -> Conference:
        """End a conference, and with it its recordings."""
        conference = _existing(self.conferences, sid)
        if conference.ended is None:
            conference.status, conference.ended = "completed", self.now()
            self._complete(lambda recording: recording.conference_sid == sid)
        return conference

    def start_recording(
        self,
        *,
        call_sid: str | None = None,
        conference_sid: str | None = None,
        started: datetime | None = None,
        start_lead: float = 0,
        null_start: bool = False,
        queued: bool = False,
        channels: int = 1,
        trim: str = "do-not-trim",
        callback_url: str | None = None,
        callback_events: tuple[str, ...] = ("completed",),
        callback_method: str = "POST",
    ) -> Recording:
        """Start to record a call or a conference that is in progress.

        With both SIDs the recording names both as its parents, as in the service's older
        reference. `started` is when it is created, now by default; `start_lead` are the seconds
        by which its `start_time` is before that.
        """
        parent: Call | Conference
        if call_sid is not None:
            parent = _existing(self.calls, call_sid)
        else:
            parent = _existing(self.conferences, conference_sid or "")
        if call_sid is not None and conference_sid is not None:
            _existing(self.conferences, conference_sid)
        if parent.ended is not None:
            raise not_in_progress()
        recording = Recording(
            sid=str(uuid4()),
            number=next(self._numbers),
            created=started or self.now(),
            start_lead=timedelta(seconds=start_lead),
            null_start=null_start,
            call_sid=call_sid,
            conference_sid=conference_sid,
            status=Status.QUEUED if queued else Status.IN_PROGRESS,
            channels=channels,
            trim=trim,
            price_delay=self.price_delay,
            source="StartCallRecordingApi" if call_sid else "StartConferenceRecording",
            callback_url=callback_url,
            callback_events=callback_events,
            callback_method=callback_method,
        )
        self.recordings[recording.sid] = recording
        if not queued:
            self._tell(recording)
        return recording

    def begin(self, sid: str) -> Recording:
        """Let a queued recording begin."""
        recording = _existing(self.recordings, sid)
        if recording.status is Status.QUEUED:
            recording.remember(self.now())
            recording.status = Status.IN_PROGRESS
            self._tell(recording)
        return recording

    def update_recording(self, sid: str, status: str, pause_behavior: str = "silence") -> Recording:
        """Pause, resume or stop a recording, as the update endpoint does."""
        recording = _existing(self.recordings, sid)
        if status not in ("paused", "in-progress", "stopped"):
            raise invalid("Status must be one of paused, in-progress, stopped")
        if pause_behavior not in ("skip", "silence"):
            raise invalid("PauseBehavior must be one of skip, silence")
        if not recording.is_active:
            raise not_in_progress()
        now = self.now()
        recording.remember(now)
        recording.updates += 1
        recording.updated = now
        if status == "paused":
            if recording.paused_since is None:
                recording.paused_since = now
            recording.pause_behavior = pause_behavior
        elif recording.paused_since is not None:
            self._end_pause(recording, now)
        recording.was_resumed = status == "in-progress" and recording.status is Status.PAUSED
        recording.status = Status(status)
        if status == "stopped":
            recording.ended = now
            recording.status = self._end_status(recording, Status.STOPPED)
            self._tell(recording)
        return recording

    def transcribe(self, sid: str, text: str | None, status: str = "completed") -> Transcription:
        """Write down what was said in a recording; without a text that is still going on."""
        recording = _existing(self.recordings, sid)
        transcription = Transcription(
            sid=str(uuid4()), text=text, status=status, created=self.now()
        )
        recording.transcriptions.insert(0, transcription)
        return transcription

    def delete_recording(self, sid: str) -> None:
        """Delete a recording that has ended."""
        if _existing(self.recordings, sid).is_active:
            raise not_in_progress()
        del self.recordings[sid]

    def add_recordings(
        self,
        *,
        count: int,
        status: str = "completed",
        age: float = 60,
        duration: float = 30,
        spread: float = 0,
        conference_sid: str | None = None,
        start_lead: float = 0,
        null_start: bool = False,
        to_number: str = "+15550101",
    ) -> list[Recording]:
        """Add many recordings at once, the last of them created `age` seconds ago.

        The others lie before it, evenly over `spread` seconds. Each is of a call of its own, or
        all are of one conference. Who is called is `to_number`. `start_lead` are the seconds by
        which each started before it was created; with `null_start` its `start_time` is null.
        """
        newest = self.now() - timedelta(seconds=age)
        added = []
        for number in reversed(range(count)):
            created = newest - timedelta(seconds=spread * number / count)
            call = None if conference_sid else self.start_call(started=created, to_number=to_number)
            recording = Recording(
                sid=str(uuid4()),
                number=next(self._numbers),
                created=created,
                start_lead=timedelta(seconds=start_lead),
                null_start=null_start,
                call_sid=call.sid if call else None,
                conference_sid=conference_sid,
                status=Status(status),
                source="DialVerb" if call else "StartConferenceRecording",
                price_delay=self.price_delay,
            )
            if recording.status is Status.PAUSED:
                recording.paused_since, recording.pause_behavior = created, "skip"
            if recording.status not in ACTIVE:
                recording.ended = recording.updated = created + timedelta(seconds=duration)
                if call:
                    call.status, call.ended = "completed", recording.ended
            self.recordings[recording.sid] = recording
            added.append(recording)
        return added

    def _complete(self, of: Callable[[Recording], bool]) -> None:
        now = self.now()
        for recording in self.recordings.values():
            if not (recording.is_active and of(recording)):
                continue
            recording.remember(now)
            if recording.paused_since is not None:
                self._end_pause(recording, now)
            recording.ended = recording.updated = now
            recording.status = self._end_status(recording, Status.COMPLETED)
            self._tell(recording)

    def _end_status(self, recording: Recording, usual: Status) -> Status:
        if self.fails:
            return Status.FAILED
        is_short = self.now() - recording.started < self.shortest_recording
        may_be_absent = usual is Status.COMPLETED or self.absent_stop
        return Status.ABSENT if is_short and may_be_absent else usual

    @staticmethod
    def _end_pause(recording: Recording, now: datetime) -> None:
        if recording.pause_behavior == "skip" and recording.paused_since is not None:
            recording.skipped += now - recording.paused_since
        recording.paused_since = None

    def _tell(self, recording: Recording) -> None:
        for listener in self.listeners:
            listener(recording)


def _existing[T](things: dict[str, T], sid: str) -> T:
    try:
        return things[sid]
    except KeyError:
        raise not_found() from None
