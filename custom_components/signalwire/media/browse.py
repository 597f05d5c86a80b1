"""The levels of the media browser: what stands on each, and which requests it takes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from homeassistant.components.media_player.const import MediaClass
from homeassistant.components.media_source import BrowseMediaSource
from homeassistant.util import dt as dt_util

from ..api import MAX_PAGE, AudioFormat, Recording
from ..const import DOMAIN
from ..coordinator import SignalWireConfigEntry
from ..project.library import Cursor, Listing, RecordingLibrary, created
from ..project.parties import Parties
from ..project.project import Project
from .audio_view import parse_file
from .location import Level, MediaLocation
from .titles import MediaTitles, Query, local_day, start_of

MAX_SHOWN = 200
"""Recordings on one level; the rest follows behind its last item."""

_MAX_CALLS_SEARCHED = 3 * MAX_PAGE
_MAX_DAYS = 31
# As many days are shown at least, where one page does not reach that far back.
_MIN_DAYS = 14
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowseContext:
    """One project, and the location in it that is browsed."""

    entry: SignalWireConfigEntry
    location: MediaLocation
    titles: MediaTitles

    @property
    def project(self) -> Project:
        """Return the project."""
        return self.entry.runtime_data.project

    @property
    def library(self) -> RecordingLibrary:
        """Return what reads the project's past recordings."""
        return self.project.library


def project_level(context: BrowseContext) -> list[BrowseMediaSource]:
    """Return both ways down; takes no request."""
    location, titles = context.location, context.titles
    return [
        directory(str(location.to(Level.DAYS)), titles.common("by_day")),
        directory(str(location.to(Level.CALLS)), titles.common("by_call")),
    ]


async def async_days_level(context: BrowseContext) -> list[BrowseMediaSource]:
    """Return the days with recordings; takes one request, however many recordings there are."""
    location = context.location
    until = location.cursor.second if location.cursor else None
    listing = await context.library.async_list(MAX_PAGE, until=until)
    days = _days_of(listing, until)
    shown = list(days)[:_MAX_DAYS]
    children = [
        directory(str(location.to(Level.DAY, day.isoformat())), context.titles.day(day, days[day]))
        for day in shown
    ]
    if shown and (len(days) > len(shown) or listing.further):
        cursor = Cursor(second=start_of(shown[-1]))
        children.append(_further(context, location.to(Level.DAYS, cursor=cursor)))
    return children


def _days_of(listing: Listing, until: datetime | None) -> dict[date, int | None]:
    """Return the days with recordings, newest first, and how many they have, if that is known."""
    counted = Counter(
        local_day(moment) for recording in listing.recordings if (moment := created(recording))
    )
    days: dict[date, int | None] = dict(sorted(counted.items(), reverse=True))
    if listing.further is not None and days:
        # The last one may go on beyond the page, and what lies before it is unknown.
        oldest = min(days)
        days[oldest] = None
        newest = local_day(until - timedelta(seconds=1)) if until else dt_util.now().date()
        while newest - oldest < _ONE_DAY * (_MIN_DAYS - 1):
            oldest -= _ONE_DAY
            days[oldest] = None
    return days


async def async_day_level(context: BrowseContext) -> list[BrowseMediaSource]:
    """Return the recordings of a day; takes one request, and some for the parties."""
    listing = await _async_list_day(context, date.fromisoformat(context.location.key), MAX_SHOWN)
    return await _async_recordings(context, listing, with_date=False)


async def _async_list_day(context: BrowseContext, day: date, limit: int) -> Listing:
    return await context.library.async_list(
        limit, since=start_of(day), until=start_of(day + _ONE_DAY), cursor=context.location.cursor
    )


async def async_calls_level(context: BrowseContext) -> list[BrowseMediaSource]:
    """Return the calls that were recorded; takes one request, and some for the parties."""
    location = context.location
    listing = await context.library.async_list(MAX_SHOWN, cursor=location.cursor)
    parties = await context.library.async_parties(listing.recordings)
    by_parent: dict[MediaLocation, list[Recording]] = {}
    for recording in listing.recordings:
        if recording.call_sid is not None:
            parent = location.to(Level.CALL, recording.call_sid)
        elif recording.conference_sid is not None:
            parent = location.to(Level.CONFERENCE, recording.conference_sid)
        else:
            continue
        by_parent.setdefault(parent, []).append(recording)
    children = [
        directory(str(parent), context.titles.call(group, parties.get(group[0].sid)))
        for parent, group in by_parent.items()
    ]
    if listing.further:
        children.append(_further(context, location.to(Level.CALLS, cursor=listing.further)))
    return children


async def async_call_level(context: BrowseContext) -> list[BrowseMediaSource]:
    """Return the recordings of a call; takes one request, and at most one for the parties."""
    return await _async_recordings(context, await _async_list_call(context, MAX_SHOWN))


async def _async_list_call(context: BrowseContext, limit: int) -> Listing:
    location = context.location
    return await context.library.async_list(
        limit,
        cursor=location.cursor,
        call_sid=location.key if location.level is Level.CALL else None,
        conference_sid=location.key if location.level is Level.CONFERENCE else None,
    )


async def _async_recordings(
    context: BrowseContext, listing: Listing, *, with_date: bool = True
) -> list[BrowseMediaSource]:
    parties = await context.library.async_parties(listing.recordings)
    children = [
        _recording(context, recording, parties, with_date=with_date)
        for recording in listing.recordings
    ]
    if listing.further:
        location = context.location
        children.append(
            _further(context, location.to(location.level, location.key, listing.further))
        )
    return children


async def async_search(
    context: BrowseContext, query: Query
) -> list[tuple[datetime, BrowseMediaSource]]:
    """Return what is found among one page of recordings: the newest, or those of a day or call.

    With the time of each. Takes one request, and up to four for the parties.
    """
    location = context.location
    if location.level in (Level.CALL, Level.CONFERENCE):
        listing = await _async_list_call(context, MAX_PAGE)
    elif day := query.day or (
        date.fromisoformat(location.key) if location.level is Level.DAY else None
    ):
        listing = await _async_list_day(context, day, MAX_PAGE)
    else:
        listing = await context.library.async_list(MAX_PAGE, cursor=location.cursor)
    parties = await context.library.async_parties(
        listing.recordings,
        most_calls=_MAX_CALLS_SEARCHED,
        singly=not query.needs_parties,
    )
    return [
        (created(recording) or datetime.min.replace(tzinfo=UTC), media)
        for recording in listing.recordings
        if query.fits(
            recording,
            parties.get(recording.sid),
            (media := _recording(context, recording, parties)).title,
        )
    ]


def level_title(context: BrowseContext) -> str:
    """Return what stands above a level."""
    location, titles = context.location, context.titles
    match location.level:
        case Level.DAYS:
            return titles.common("by_day")
        case Level.DAY:
            return titles.day(date.fromisoformat(location.key))
        case Level.CALLS:
            return titles.common("by_call")
        case Level.CALL:
            return titles.common("call")
        case Level.CONFERENCE:
            return titles.common("conference")
        case _:
            return context.entry.title


def _recording(
    context: BrowseContext,
    recording: Recording,
    parties: Mapping[str, Parties],
    *,
    with_date: bool = True,
) -> BrowseMediaSource:
    # MP3: every player knows it, and it is a fraction of the size.
    file = f"{recording.sid}.{AudioFormat.MP3}"
    title = context.titles.recording(
        recording,
        parties.get(recording.sid),
        with_date=with_date,
        is_kept=recording.sid in context.project.retention.kept,
    )
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=str(context.location.to(Level.RECORDING, file)),
        media_class=MediaClass.MUSIC,
        media_content_type=AudioFormat.MP3.content_type,
        title=title,
        can_play=recording.status.has_audio and parse_file(file) is not None,
        can_expand=False,
    )


def _further(context: BrowseContext, location: MediaLocation) -> BrowseMediaSource:
    return directory(str(location), context.titles.common("older"))


def directory(
    identifier: str | None,
    title: str,
    children: list[BrowseMediaSource] | None = None,
    *,
    as_list: bool = False,
) -> BrowseMediaSource:
    """Return a location that can be opened and searched, and once it is opened its children."""
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaClass.MUSIC,
        title=title,
        can_play=False,
        can_expand=True,
        can_search=True,
        children=children,
        # By which the frontend chooses between rows and cards.
        children_media_class=MediaClass.MUSIC if as_list else MediaClass.DIRECTORY,
    )
