"""Past recordings in the media browser: by day, by call, and found by number, name or date."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import override

from homeassistant.components.media_player.browse_media import SearchMedia, SearchMediaQuery
from homeassistant.components.media_player.const import MediaClass
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .api import LARGEST_PAGE, AudioFormat, NotFoundError, Recording, SignalWireError
from .audio_view import audio_address, parse_file
from .const import DOMAIN
from .coordinator import SignalWireConfigEntry
from .library import Cursor, Listing, RecordingLibrary, created, is_playable
from .media_place import Level, Place
from .media_text import MediaTexts, Query, local_day, start_of
from .parties import Parties

MOST_SHOWN = 200
"""Recordings on one level; the rest follows behind its last item."""
MOST_FOUND = 100
_MOST_CALLS_SEARCHED = 3 * LARGEST_PAGE
_MOST_DAYS = 31
# As many days are shown at least, where one page does not reach that far back.
_FEWEST_DAYS = 14
_ONE_DAY = timedelta(days=1)


async def async_get_media_source(hass: HomeAssistant) -> RecordingMediaSource:
    """Set up the media source."""
    return RecordingMediaSource(hass)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """One project, and the place in it that is browsed."""

    entry: SignalWireConfigEntry
    place: Place
    texts: MediaTexts

    @property
    def library(self) -> RecordingLibrary:
        return self.entry.runtime_data.library


class RecordingMediaSource(MediaSource):
    """The past recordings of every project that is set up.

    Nothing is read before it is browsed, and a level takes one request to the service for its
    recordings and a few for who talked to whom, of which nothing is asked twice.
    """

    name = "SignalWire"

    def __init__(self, hass: HomeAssistant) -> None:
        """Take Home Assistant."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return Home Assistant's own address of a recording's audio."""
        place = Place.parse(item.identifier) if item.identifier else None
        parsed = parse_file(place.key) if place and place.level is Level.RECORDING else None
        entry = self._async_entry(place.entry_id) if place else None
        if parsed is None or entry is None:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="no_such_media")
        sid, audio_format = parsed
        try:
            await entry.runtime_data.library.async_require_playable(sid)
        except NotFoundError as err:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="no_such_media") from err
        except SignalWireError as err:
            raise Unresolvable(
                translation_domain=DOMAIN,
                translation_key="media_failed",
                translation_placeholders={"error": str(err)},
            ) from err
        return PlayMedia(
            audio_address(entry.entry_id, sid, audio_format), audio_format.content_type
        )

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a level of the tree."""
        texts = await MediaTexts.async_load(self._hass)
        if not (place := self._place(item.identifier)):
            return self._projects(texts)
        shelf = self._shelf(place, texts)
        try:
            match place.level:
                case Level.PROJECT:
                    children = _project(shelf)
                case Level.DAYS:
                    children = await _async_days(shelf)
                case Level.DAY:
                    children = await _async_day(shelf)
                case Level.CALLS:
                    children = await _async_calls(shelf)
                case Level.CALL | Level.CONFERENCE:
                    children = await _async_call(shelf)
                case Level.RECORDING:
                    raise BrowseError(translation_domain=DOMAIN, translation_key="no_such_media")
        except SignalWireError as err:
            raise _failed(err) from err
        return _directory(item.identifier or None, _title(shelf), children)

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Return the recordings that fit, newest first, below the level that is searched."""
        classes = query.media_filter_classes
        if classes and MediaClass.MUSIC not in classes:
            return SearchMedia(result=[])
        texts = await MediaTexts.async_load(self._hass)
        place = self._place(item.identifier)
        places = [place] if place else [Place(entry_id=id_) for id_ in self._async_loaded()]
        wanted = Query(query.search_query)
        found: list[tuple[datetime, BrowseMediaSource]] = []
        try:
            for place in places:
                found += await _async_search(self._shelf(place, texts), wanted)
        except SignalWireError as err:
            raise _failed(err) from err
        found.sort(key=lambda dated: dated[0], reverse=True)
        return SearchMedia(result=[media for _, media in found[:MOST_FOUND]])

    def _place(self, identifier: str | None) -> Place | None:
        """Return the place, which without a name is the only project; None: all projects.

        Raises BrowseError for what is none.
        """
        if not identifier:
            loaded = self._async_loaded()
            return Place(entry_id=loaded[0]) if len(loaded) == 1 else None
        if (place := Place.parse(identifier)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="no_such_media")
        return place

    @callback
    def _async_loaded(self) -> list[str]:
        return [entry.entry_id for entry in self._hass.config_entries.async_loaded_entries(DOMAIN)]

    @callback
    def _async_entry(self, entry_id: str) -> SignalWireConfigEntry | None:
        entry: SignalWireConfigEntry | None = self._hass.config_entries.async_get_entry(entry_id)
        if entry and entry.domain == DOMAIN and entry.state is ConfigEntryState.LOADED:
            return entry
        return None

    def _shelf(self, place: Place, texts: MediaTexts) -> _Shelf:
        if (entry := self._async_entry(place.entry_id)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        return _Shelf(entry=entry, place=place, texts=texts)

    def _projects(self, texts: MediaTexts) -> BrowseMediaSource:
        """Return the top where there are several projects, or none."""
        if not (loaded := self._async_loaded()):
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        shelves = [self._shelf(Place(entry_id=entry_id), texts) for entry_id in loaded]
        children = [
            _directory(str(shelf.place), shelf.entry.title)
            for shelf in sorted(shelves, key=lambda shelf: shelf.entry.title.casefold())
        ]
        return _directory(None, self.name or "", children)


def _project(shelf: _Shelf) -> list[BrowseMediaSource]:
    """No request."""
    place, texts = shelf.place, shelf.texts
    return [
        _directory(str(place.to(Level.DAYS)), texts.common("by_day")),
        _directory(str(place.to(Level.CALLS)), texts.common("by_call")),
    ]


async def _async_days(shelf: _Shelf) -> list[BrowseMediaSource]:
    """One request, however many recordings there are."""
    place = shelf.place
    until = place.cursor.second if place.cursor else None
    listing = await shelf.library.async_list(LARGEST_PAGE, until=until)
    days = _days_of(listing, until)
    shown = list(days)[:_MOST_DAYS]
    children = [
        _directory(str(place.to(Level.DAY, day.isoformat())), shelf.texts.day(day, days[day]))
        for day in shown
    ]
    if shown and (len(days) > len(shown) or listing.further):
        cursor = Cursor(second=start_of(shown[-1]))
        children.append(_further(shelf, place.to(Level.DAYS, cursor=cursor)))
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
        while newest - oldest < _ONE_DAY * (_FEWEST_DAYS - 1):
            oldest -= _ONE_DAY
            days[oldest] = None
    return days


async def _async_day(shelf: _Shelf) -> list[BrowseMediaSource]:
    """One request, and some for the parties."""
    listing = await _async_list_day(shelf, date.fromisoformat(shelf.place.key), MOST_SHOWN)
    return await _async_recordings(shelf, listing, with_date=False)


async def _async_list_day(shelf: _Shelf, day: date, limit: int) -> Listing:
    return await shelf.library.async_list(
        limit, since=start_of(day), until=start_of(day + _ONE_DAY), cursor=shelf.place.cursor
    )


async def _async_calls(shelf: _Shelf) -> list[BrowseMediaSource]:
    """One request, and some for the parties."""
    place = shelf.place
    listing = await shelf.library.async_list(MOST_SHOWN, cursor=place.cursor)
    parties = await shelf.library.async_parties(listing.recordings)
    by_parent: dict[Place, list[Recording]] = {}
    for recording in listing.recordings:
        if recording.call_sid is not None:
            parent = place.to(Level.CALL, recording.call_sid)
        elif recording.conference_sid is not None:
            parent = place.to(Level.CONFERENCE, recording.conference_sid)
        else:
            continue
        by_parent.setdefault(parent, []).append(recording)
    children = [
        _directory(str(parent), shelf.texts.call(group, parties.get(group[0].sid)))
        for parent, group in by_parent.items()
    ]
    if listing.further:
        children.append(_further(shelf, place.to(Level.CALLS, cursor=listing.further)))
    return children


async def _async_call(shelf: _Shelf) -> list[BrowseMediaSource]:
    """One request, and at most one for the parties."""
    return await _async_recordings(shelf, await _async_list_call(shelf, MOST_SHOWN))


async def _async_list_call(shelf: _Shelf, limit: int) -> Listing:
    place = shelf.place
    return await shelf.library.async_list(
        limit,
        cursor=place.cursor,
        call_sid=place.key if place.level is Level.CALL else None,
        conference_sid=place.key if place.level is Level.CONFERENCE else None,
    )


async def _async_recordings(
    shelf: _Shelf, listing: Listing, *, with_date: bool = True
) -> list[BrowseMediaSource]:
    parties = await shelf.library.async_parties(listing.recordings)
    children = [
        _recording(shelf, recording, parties, with_date=with_date)
        for recording in listing.recordings
    ]
    if listing.further:
        place = shelf.place
        children.append(_further(shelf, place.to(place.level, place.key, listing.further)))
    return children


async def _async_search(shelf: _Shelf, query: Query) -> list[tuple[datetime, BrowseMediaSource]]:
    """Look through one page of recordings: the newest, or those of a day or a call."""
    place = shelf.place
    if place.level in (Level.CALL, Level.CONFERENCE):
        listing = await _async_list_call(shelf, LARGEST_PAGE)
    elif day := query.day or (date.fromisoformat(place.key) if place.level is Level.DAY else None):
        listing = await _async_list_day(shelf, day, LARGEST_PAGE)
    else:
        listing = await shelf.library.async_list(LARGEST_PAGE, cursor=place.cursor)
    parties = await shelf.library.async_parties(
        listing.recordings,
        most_calls=_MOST_CALLS_SEARCHED,
        singly=not query.needs_parties,
    )
    return [
        (created(recording) or datetime.min.replace(tzinfo=UTC), media)
        for recording in listing.recordings
        if query.fits(
            recording,
            parties.get(recording.sid),
            (media := _recording(shelf, recording, parties)).title,
        )
    ]


def _title(shelf: _Shelf) -> str:
    place, texts = shelf.place, shelf.texts
    match place.level:
        case Level.DAYS:
            return texts.common("by_day")
        case Level.DAY:
            return texts.day(date.fromisoformat(place.key))
        case Level.CALLS:
            return texts.common("by_call")
        case Level.CALL:
            return texts.common("call")
        case Level.CONFERENCE:
            return texts.common("conference")
        case _:
            return shelf.entry.title


def _recording(
    shelf: _Shelf,
    recording: Recording,
    parties: Mapping[str, Parties],
    *,
    with_date: bool = True,
) -> BrowseMediaSource:
    # MP3: every player knows it, and it is a fraction of the size.
    file = f"{recording.sid}.{AudioFormat.MP3}"
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=str(shelf.place.to(Level.RECORDING, file)),
        media_class=MediaClass.MUSIC,
        media_content_type=AudioFormat.MP3.content_type,
        title=shelf.texts.recording(recording, parties.get(recording.sid), with_date=with_date),
        can_play=is_playable(recording) and parse_file(file) is not None,
        can_expand=False,
    )


def _further(shelf: _Shelf, place: Place) -> BrowseMediaSource:
    return _directory(str(place), shelf.texts.common("older"))


def _directory(
    identifier: str | None, title: str, children: list[BrowseMediaSource] | None = None
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaClass.MUSIC,
        title=title,
        can_play=False,
        can_expand=True,
        can_search=True,
        search_media_classes=[MediaClass.MUSIC],
        children=children,
    )


def _failed(err: SignalWireError) -> BrowseError:
    return BrowseError(
        translation_domain=DOMAIN,
        translation_key="media_failed",
        translation_placeholders={"error": str(err)},
    )
