"""What can be checked without changing anything."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from uuid import uuid4

from custom_components.signalwire.api import RECORDING_FIELDS, RecordingSource, RecordingStatus

from .account import BASE, Account, Answer
from .assumption import Assumptions, Finding, Verdict, holds_if, not_seen

_OLD_BASE = "/2010-04-01"
_DATES = ("date_created", "date_updated", "start_time", "end_time")
_NOT_SHOWN = {"account_sid", "uri", "subresource_uris"}
_NO_RECORDING = not_seen("there is no recording")

READING: Assumptions[Account] = Assumptions()


async def _newest(account: Account, **query: str) -> list[dict[str, Any]]:
    answer = await account.get("Recordings.json", {"PageSize": "50", **query})
    return answer.items("recordings")


async def _ended(account: Account) -> str | None:
    """Return the SID of a recording that has audio."""
    return next(
        (str(one["sid"]) for one in await _newest(account) if status_of(one).has_audio), None
    )


def status_of(recording: Mapping[str, Any]) -> RecordingStatus:
    """Return the status as the client understands it."""
    return RecordingStatus(str(recording.get("status")))


def _date(value: object) -> datetime | None:
    """Return a date in RFC 2822 with its zone; None for anything else."""
    try:
        date = parsedate_to_datetime(str(value))
    except ValueError:
        return None
    return date if date.tzinfo else None


def _words(recordings: list[dict[str, Any]], field: str) -> str:
    return ", ".join(sorted({str(one.get(field)) for one in recordings}))


@READING.add("login", "The account answers to the project ID and the token, with its name.")
async def _login(account: Account) -> Finding:
    answer = await account.get(f"{account.path}.json")
    if answer.status == 401:
        return not_seen("the token lacks the Management scope, or is wrong")
    return holds_if(answer.status == 200 and bool(answer.json.get("friendly_name")), str(answer))


@READING.add("wrong-token", "A wrong token is answered with HTTP 401.")
async def _wrong_token(account: Account) -> Finding:
    answer = await account.with_token("PTwrong").get("Recordings.json", {"PageSize": "1"})
    return holds_if(answer.status == 401, str(answer))


@READING.add("fields", "A recording has the fields of the specification, and no others.")
async def _fields(account: Account) -> Finding:
    if not (recordings := await _newest(account)):
        return _NO_RECORDING
    expected = {*RECORDING_FIELDS, *_NOT_SHOWN}
    found = {name for recording in recordings for name in recording}
    missing = {name for one in recordings for name in expected - one.keys()}
    seen = f"missing: {sorted(missing)}, further: {sorted(found - expected)}"
    return holds_if(found == expected and not missing, seen)


@READING.add("statuses", "A recording's status is a known word.")
async def _statuses(account: Account) -> Finding:
    if not (recordings := await _newest(account)):
        return _NO_RECORDING
    known = all(status_of(one) is not RecordingStatus.UNKNOWN for one in recordings)
    return holds_if(known, _words(recordings, "status"))


@READING.add("sources", "A recording's source is a known word.")
async def _sources(account: Account) -> Finding:
    if not (recordings := await _newest(account)):
        return _NO_RECORDING
    sources = [RecordingSource(str(one.get("source"))) for one in recordings]
    return holds_if(RecordingSource.UNKNOWN not in sources, _words(recordings, "source"))


@READING.add("dates", "Dates are RFC 2822 with a zone.")
async def _dates(account: Account) -> Finding:
    values = [one.get(name) for one in await _newest(account) for name in _DATES]
    if not (given := [value for value in values if value is not None]):
        return _NO_RECORDING
    wrong = [value for value in given if _date(value) is None]
    return holds_if(not wrong, f"{len(wrong)} of {len(given)} are not")


@READING.add("parents", "A recording names a call or a conference, and not both.")
async def _parents(account: Account) -> Finding:
    if not (recordings := await _newest(account)):
        return _NO_RECORDING
    counts = [bool(one.get("call_sid")) + bool(one.get("conference_sid")) for one in recordings]
    return holds_if(
        all(count == 1 for count in counts),
        f"{counts.count(0)} name neither, {counts.count(2)} name both",
    )


@READING.add("order", "Recordings are listed by their creation, the newest first.")
async def _order(account: Account) -> Finding:
    dates = [date for one in await _newest(account) if (date := _date(one.get("date_created")))]
    if len(dates) < 2:
        return not_seen("there are fewer than two recordings")
    return holds_if(dates == sorted(dates, reverse=True), f"{len(dates)} recordings")


@READING.add("page-size", "A page is as long as it was asked to be.")
async def _page_size(account: Account) -> Finding:
    answer = await account.get("Recordings.json", {"PageSize": "1"})
    if not (found := len(answer.items("recordings"))):
        return _NO_RECORDING
    return holds_if(found == 1, f"{found} for PageSize=1")


@READING.add("next-page", "`next_page_uri` is a path on the space, of either base, and goes on.")
async def _next_page(account: Account) -> Finding:
    first = await account.get("Recordings.json", {"PageSize": "1"})
    uri = first.json.get("next_page_uri")
    if not uri:
        return not_seen("there is one page")
    if not str(uri).startswith((f"{BASE}/", f"{_OLD_BASE}/")):
        return Finding(Verdict.FAILS, "is no path of either base")
    base = BASE if uri.startswith(f"{BASE}/") else _OLD_BASE
    second = await account.get(f"{BASE}{uri.removeprefix(base)}")
    sids = [one.get("sid") for page in (first, second) for one in page.items("recordings")]
    return holds_if(len(sids) == len(set(sids)) == 2, f"base {base}, then {second.status}")


@READING.add("created-filter", "`DateCreated>` keeps what was created later, to the second.")
async def _created_filter(account: Account) -> Finding:
    recordings = await _newest(account)
    dates = [date for one in recordings if (date := _date(one.get("date_created")))]
    if len(set(dates)) < 2:
        return not_seen("there are fewer than two recordings")
    middle = sorted(set(dates))[len(set(dates)) // 2]
    since = format_datetime((middle - timedelta(seconds=1)).astimezone(UTC))
    kept = await _newest(account, **{"DateCreated>": since})
    expected = [
        one.get("sid") for one in recordings if (_date(one.get("date_created")) or middle) >= middle
    ]
    return holds_if(
        [one.get("sid") for one in kept] == expected, f"{len(kept)} of {len(expected)} expected"
    )


@READING.add("call-filter", "`CallSid` keeps the recordings of that call.")
async def _call_filter(account: Account) -> Finding:
    calls = [one["call_sid"] for one in await _newest(account) if one.get("call_sid")]
    if not calls:
        return not_seen("there is no recording of a call")
    kept = await _newest(account, CallSid=calls[0])
    return holds_if(
        bool(kept) and all(one.get("call_sid") == calls[0] for one in kept), f"{len(kept)} kept"
    )


@READING.add("single-read", "One recording, read with `.json`, is as it is listed.")
async def _single_read(account: Account) -> Finding:
    ended = [one for one in await _newest(account) if status_of(one).has_ended]
    if not ended:
        return not_seen("there is no recording that has ended")
    answer = await account.get(f"Recordings/{ended[0]['sid']}.json")
    differs = sorted(name for name, value in ended[0].items() if answer.json.get(name) != value)
    return holds_if(not differs, f"{answer.status}, differs in: {differs}")


@READING.add("unknown-recording", "For an unknown recording the answer is 404, with a reason.")
async def _unknown_recording(account: Account) -> Finding:
    answer = await account.get(f"Recordings/{uuid4()}.json")
    has_reason = bool(answer.json.keys() & {"code", "message", "errors"})
    return holds_if(answer.status == 404 and has_reason, str(answer))


@READING.add("calls-filter", "The lists of calls and of conferences keep those in progress.")
async def _calls_filter(account: Account) -> Finding:
    seen = []
    for name in ("Calls", "Conferences"):
        answer = await account.get(f"{name}.json", {"Status": "in-progress"})
        found = answer.items(name.lower())
        if answer.status != 200 or any(one.get("status") != "in-progress" for one in found):
            return Finding(Verdict.FAILS, str(answer))
        seen.append(f"{len(found)} {name.lower()}")
    return Finding(Verdict.HOLDS, ", ".join(seen))


@READING.add("same-answer", "A list with nothing new in it is the same, byte by byte.")
async def _same_answer(account: Account) -> Finding:
    answers: list[Answer] = [
        await account.get("Recordings.json", {"PageSize": "5"}) for _ in range(2)
    ]
    if any(not status_of(one).has_ended for one in answers[0].items("recordings")):
        return not_seen("a recording is active")
    return holds_if(answers[0].body == answers[1].body)


@READING.add("clock", "Each answer has a `Date`.")
async def _clock(account: Account) -> Finding:
    answer = await account.get("Recordings.json", {"PageSize": "1"})
    date = _date(answer.headers.get("Date"))
    if date is None:
        return Finding(Verdict.FAILS)
    ahead = (date - datetime.now(UTC)).total_seconds()
    return Finding(Verdict.HOLDS, f"{ahead:+.0f} s from here")


@READING.add("public-media", "Audio plays without the login, or with it if it is protected.")
async def _public_media(account: Account) -> Finding:
    if (sid := await _ended(account)) is None:
        return not_seen("there is no recording with audio")
    path, first = f"Recordings/{sid}.wav", {"Range": "bytes=0-0"}
    openly = await account.with_token(None).get(path, headers=first)
    if openly.status in (401, 403):
        closed = await account.get(path, headers=first)
        return holds_if(closed.status < 400, f"protected: {openly.status}, then {closed.status}")
    return holds_if(openly.status < 400, f"public: {openly.status}")


@READING.add("media-ranges", "A part of the audio can be asked for.")
async def _media_ranges(account: Account) -> Finding:
    if (sid := await _ended(account)) is None:
        return not_seen("there is no recording with audio")
    answer = await account.get(f"Recordings/{sid}.wav", headers={"Range": "bytes=0-0"})
    if 300 <= answer.status < 400:
        return not_seen("the audio is elsewhere")
    kind = answer.headers.get("Content-Type")
    return holds_if(answer.status == 206 and len(answer.body) == 1, f"{answer.status}, {kind}")


@READING.add("transcriptions", "The transcriptions of a recording are listed below it.")
async def _transcriptions(account: Account) -> Finding:
    if (sid := await _ended(account)) is None:
        return not_seen("there is no recording with audio")
    answer = await account.get(f"Recordings/{sid}/Transcriptions.json")
    # Not the answer itself: it may hold what was said.
    return holds_if(isinstance(answer.json.get("transcriptions"), list), str(answer.status))


@READING.add("phone-numbers", "The project's telephone numbers can be listed.")
async def _phone_numbers(account: Account) -> Finding:
    answer = await account.get("IncomingPhoneNumbers.json", {"PageSize": "1"})
    if answer.status == 401:
        return not_seen("the token lacks a scope")
    listed = answer.items("incoming_phone_numbers")
    if answer.status < 400 and not listed:
        return not_seen("the project has no number")
    numbers = [item.get("phone_number") for item in listed]
    # Not the answer itself: it names the number.
    return holds_if(bool(numbers) and isinstance(numbers[0], str), str(answer.status))


@READING.add("protection", "`/api/projects/{id}` tells whether audio is protected.")
async def _protection(account: Account) -> Finding:
    answer = await account.get(f"/api/projects/{account.project}")
    if answer.status == 401:
        return not_seen("the token lacks the Management scope")
    return holds_if(isinstance(answer.json.get("protect_recordings"), bool), str(answer))
