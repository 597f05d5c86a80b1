"""Who talks to whom on a recorded call, or in a recorded conference."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from ..api import (
    Call,
    CallStatus,
    Conference,
    MalformedAnswerError,
    NotFoundError,
    Recording,
    SignalWireClient,
    SignalWireError,
)
from ..const import MAX_READS_AT_ONCE

# So many calls are read one by one; of more, the list takes fewer requests.
_FEW_CALLS = 3
# After so many answers in vain, a call or conference stays without names.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Both ends of a call; of a conference its name, and nothing else.

    `is_complete` says that there is no other end that the service could not tell.
    """

    from_party: str | None = None
    to_party: str | None = None
    is_complete: bool = False


class PartyCache:
    """The parties of the active recordings, read once for each call or conference."""

    def __init__(self, client: SignalWireClient) -> None:
        self._client = client
        self.is_complete = True
        """Whether all were known that were looked up last."""
        self._known: dict[str, Parties] = {}
        # What was found last, for which recordings, and whether more is known since.
        self._found: dict[str, Parties] = {}
        self._sids: set[str] = set()
        self._is_new = True
        self._asked: set[str] = set()
        # How often the service did not know a call or conference, or told nonsense of it.
        self._refused: Counter[str] = Counter()
        self._reads = asyncio.Semaphore(MAX_READS_AT_ONCE)

    def __len__(self) -> int:
        """Return for how many calls and conferences the parties are known."""
        return len(self._known)

    def add(self, calls: Collection[Call], conferences: Collection[Conference]) -> None:
        """Note the parties of calls and conferences that were read anyway."""
        if not calls and not conferences:
            return
        self._is_new = True
        self._known.update((call.sid, parties_of_call(call)) for call in calls)
        self._known.update(
            (conference.sid, _of_conference(conference)) for conference in conferences
        )

    def lookup(self, recording: Recording) -> Parties | None:
        """Return who talks to whom, if that is known."""
        parties = self._known.get(_parent_of(recording))
        if parties is not None and recording.call_sid and recording.conference_sid:
            # Which of the two it is of is not told.
            return replace(parties, is_complete=False)
        return parties

    def lookup_all(self, recordings: Mapping[str, Recording]) -> Mapping[str, Parties]:
        """Return what is known of all active recordings, by SID; drop what is of no other."""
        if self._is_new or recordings.keys() != self._sids:
            known, needed, found = self._known, {}, {}
            self._is_new = False
            for sid, recording in recordings.items():
                parent = _parent_of(recording)
                # Of which call it is may be told later.
                self._is_new = self._is_new or parent == sid
                if (parties := known.get(parent)) is not None:
                    found[sid] = needed[parent] = parties
            self._known, self._found, self._sids = needed, found, set(recordings)
            self._refused = Counter(
                {parent: self._refused[parent] for parent in map(_parent_of, recordings.values())}
            )
            self.is_complete = len(found) == len(recordings)
        return self._found

    def unresolved(self, recordings: Iterable[Recording]) -> list[Recording]:
        """Return one recording for each call or conference that is still to be read."""
        return list(
            {
                parent: recording
                for recording in recordings
                if (parent := _parent_of(recording)) not in self._known
                and parent not in self._asked
            }.values()
        )

    async def async_read(
        self, recordings: Collection[Recording], *, are_active: bool = False
    ) -> AsyncGenerator[None]:
        """Read the calls and conferences of these recordings; yield whenever more is known.

        Of several that `are_active`, the calls are read from the list of those in progress, in one
        request. What could not be read for want of the service is missing still; what the service
        does not know stays without names.
        """
        parents = {_parent_of(recording) for recording in recordings}
        self._asked |= parents
        reads: list[asyncio.Task[None]] = []
        try:
            if are_active and sum(one.call_sid is not None for one in recordings) > _FEW_CALLS:
                if not await self._async_read_calls():
                    # Nor would it answer for each of them.
                    return
                yield
            reads += [
                asyncio.create_task(self._async_read_one(recording))
                for recording in recordings
                if _parent_of(recording) not in self._known
            ]
            for done in asyncio.as_completed(reads):
                await done
                yield
        finally:
            for read in reads:
                read.cancel()
            self._asked -= parents
            self._is_new = True

    async def _async_read_calls(self) -> bool:
        """Read all calls in progress; return whether they could be read."""
        try:
            async for call in self._client.iter_calls(status=CallStatus.IN_PROGRESS):
                self._known[call.sid] = parties_of_call(call)
        except SignalWireError:
            return False
        finally:
            self._is_new = True
        return True

    async def _async_read_one(self, recording: Recording) -> None:
        parent = _parent_of(recording)
        try:
            async with self._reads:
                self._known[parent] = await self._async_parties_of(recording)
            self._is_new = True
        except NotFoundError, MalformedAnswerError:
            # One answer proves nothing.
            self._refused[parent] += 1
            if self._refused[parent] >= _TRIES:
                self._known[parent] = Parties()
        except SignalWireError:
            pass

    async def _async_parties_of(self, recording: Recording) -> Parties:
        if recording.call_sid is not None:
            return parties_of_call(await self._client.get_call(recording.call_sid))
        if recording.conference_sid is not None:
            return _of_conference(await self._client.get_conference(recording.conference_sid))
        return Parties()


def _parent_of(recording: Recording) -> str:
    return recording.call_sid or recording.conference_sid or recording.sid


def parties_of_call(call: Call) -> Parties:
    """Return both ends of a call."""
    return Parties(
        from_party=call.from_number,
        to_party=call.to_number,
        is_complete=call.from_number is not None and call.to_number is not None,
    )


def _of_conference(conference: Conference) -> Parties:
    name = conference.friendly_name
    return Parties(from_party=name, is_complete=name is not None)
