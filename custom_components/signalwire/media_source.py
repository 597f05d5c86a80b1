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
    BrowseContext,
    async_call_level,
    async_calls_level,
    async_day_level,
    async_days_level,
    async_search,
    directory,
    level_title,
    project_level,
)
from .media.location import Level, MediaLocation
from .media.titles import MediaTitles, Query
from .project.library import StillActiveError

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
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return Home Assistant's own address of a recording's audio."""
        location = MediaLocation.parse(item.identifier) if item.identifier else None
        parsed = (
            parse_file(location.key) if location and location.level is Level.RECORDING else None
        )
        entry = self._async_entry(location.entry_id) if location else None
        if parsed is None or entry is None:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="no_such_media")
        sid, audio_format = parsed
        try:
            await entry.runtime_data.project.library.async_require_playable(sid)
        except StillActiveError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="still_being_recorded"
            ) from err
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
        titles = await MediaTitles.async_load(self._hass)
        if not (location := self._location(item.identifier)):
            return self._projects(titles)
        context = self._context(location, titles)
        try:
            match location.level:
                case Level.PROJECT:
                    children = project_level(context)
                case Level.DAYS:
                    children = await async_days_level(context)
                case Level.DAY:
                    children = await async_day_level(context)
                case Level.CALLS:
                    children = await async_calls_level(context)
                case Level.CALL | Level.CONFERENCE:
                    children = await async_call_level(context)
                case Level.RECORDING:
                    raise BrowseError(translation_domain=DOMAIN, translation_key="no_such_media")
        except SignalWireError as err:
            raise _failed(err) from err
        return directory(
            item.identifier or None,
            level_title(context),
            children,
            # Their titles are long.
            as_list=location.level is not Level.PROJECT,
        )

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Return the recordings that fit, newest first, below the level that is searched."""
        classes = query.media_filter_classes
        if classes and MediaClass.MUSIC not in classes:
            return SearchMedia(result=[])
        titles = await MediaTitles.async_load(self._hass)
        location = self._location(item.identifier)
        locations = (
            [location]
            if location
            else [MediaLocation(entry_id=id_) for id_ in self._async_loaded()]
        )
        searched = Query(query.search_query)
        found: list[tuple[datetime, BrowseMediaSource]] = []
        try:
            for location in locations:
                found += await async_search(self._context(location, titles), searched)
        except SignalWireError as err:
            raise _failed(err) from err
        found.sort(key=lambda dated: dated[0], reverse=True)
        return SearchMedia(result=[media for _, media in found[:MAX_FOUND]])

    def _location(self, identifier: str | None) -> MediaLocation | None:
        """Return the location, which without a name is the only project; None: all projects.

        Raises BrowseError for what is none.
        """
        if not identifier:
            loaded = self._async_loaded()
            return MediaLocation(entry_id=loaded[0]) if len(loaded) == 1 else None
        if (location := MediaLocation.parse(identifier)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="no_such_media")
        return location

    @callback
    def _async_loaded(self) -> list[str]:
        return [entry.entry_id for entry in self._hass.config_entries.async_loaded_entries(DOMAIN)]

    @callback
    def _async_entry(self, entry_id: str) -> SignalWireConfigEntry | None:
        entry: SignalWireConfigEntry | None = self._hass.config_entries.async_get_entry(entry_id)
        if entry and entry.domain == DOMAIN and entry.state is ConfigEntryState.LOADED:
            return entry
        return None

    def _context(self, location: MediaLocation, titles: MediaTitles) -> BrowseContext:
        if (entry := self._async_entry(location.entry_id)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        return BrowseContext(entry=entry, location=location, titles=titles)

    def _projects(self, titles: MediaTitles) -> BrowseMediaSource:
        """Return the top where there are several projects, or none."""
        if not (loaded := self._async_loaded()):
            raise BrowseError(translation_domain=DOMAIN, translation_key="not_loaded")
        contexts = [self._context(MediaLocation(entry_id=entry_id), titles) for entry_id in loaded]
        children = [
            directory(str(context.location), context.entry.title)
            for context in sorted(contexts, key=lambda context: context.entry.title.casefold())
        ]
        return directory(None, self.name or "", children)


def _failed(err: SignalWireError) -> BrowseError:
    return BrowseError(
        translation_domain=DOMAIN,
        translation_key="media_failed",
        translation_placeholders={"error": str(err)},
    )
