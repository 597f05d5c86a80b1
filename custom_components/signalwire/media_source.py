"""Past recordings in the media browser: by day, by call, and found by number, name or date."""

from datetime import datetime
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

from .api import NotFoundError, SignalWireError
from .const import DOMAIN
from .coordinator import SignalWireConfigEntry
from .media.audio_view import audio_address, parse_file
from .media.browse import (
    Shelf,
    async_call_level,
    async_calls_level,
    async_day_level,
    async_days_level,
    async_search,
    directory,
    level_title,
    project_level,
)
from .media.location import Level, Place
from .media.titles import MediaTitles, Query

MAX_FOUND = 100
"""What a search shows at most."""


async def async_get_media_source(hass: HomeAssistant) -> RecordingMediaSource:
    """Set up the media source."""
    return RecordingMediaSource(hass)


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
            await entry.runtime_data.project.library.async_require_playable(sid)
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
        texts = await MediaTitles.async_load(self._hass)
        if not (place := self._place(item.identifier)):
            return self._projects(texts)
        shelf = self._shelf(place, texts)
        try:
            match place.level:
                case Level.PROJECT:
                    children = project_level(shelf)
                case Level.DAYS:
                    children = await async_days_level(shelf)
                case Level.DAY:
                    children = await async_day_level(shelf)
                case Level.CALLS:
                    children = await async_calls_level(shelf)
                case Level.CALL | Level.CONFERENCE:
                    children = await async_call_level(shelf)
                case Level.RECORDING:
                    raise BrowseError(translation_domain=DOMAIN, translation_key="no_such_media")
        except SignalWireError as err:
            raise _failed(err) from err
        return directory(
            item.identifier or None,
            level_title(shelf),
            children,
            # Their titles are long.
            as_list=place.level is not Level.PROJECT,
        )

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Return the recordings that fit, newest first, below the level that is searched."""
        classes = query.media_filter_classes
        if classes and MediaClass.MUSIC not in classes:
            return SearchMedia(result=[])
        texts = await MediaTitles.async_load(self._hass)
        place = self._place(item.identifier)
        places = [place] if place else [Place(entry_id=id_) for id_ in self._async_loaded()]
        wanted = Query(query.search_query)
        found: list[tuple[datetime, BrowseMediaSource]] = []
        try:
            for place in places:
                found += await async_search(self._shelf(place, texts), wanted)
        except SignalWireError as err:
            raise _failed(err) from err
        found.sort(key=lambda dated: dated[0], reverse=True)
        return SearchMedia(result=[media for _, media in found[:MAX_FOUND]])

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

    def _shelf(self, place: Place, texts: MediaTitles) -> Shelf:
        if (entry := self._async_entry(place.entry_id)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        return Shelf(entry=entry, place=place, texts=texts)

    def _projects(self, texts: MediaTitles) -> BrowseMediaSource:
        """Return the top where there are several projects, or none."""
        if not (loaded := self._async_loaded()):
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        shelves = [self._shelf(Place(entry_id=entry_id), texts) for entry_id in loaded]
        children = [
            directory(str(shelf.place), shelf.entry.title)
            for shelf in sorted(shelves, key=lambda shelf: shelf.entry.title.casefold())
        ]
        return directory(None, self.name or "", children)


def _failed(err: SignalWireError) -> BrowseError:
    return BrowseError(
        translation_domain=DOMAIN,
        translation_key="media_failed",
        translation_placeholders={"error": str(err)},
    )
