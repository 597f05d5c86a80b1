"""What the media browser calls days, calls and recordings, and what a search finds them by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
import re
from typing import Self

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..api import Recording
from ..const import DOMAIN
from ..project.library import created
from ..project.parties import Parties
from .location import is_day

_SEPARATOR = " · "
_MIN_DIGITS = 3
_NO_DIGIT = re.compile(r"\D")
_FALLBACK = "en"
_NUMBER = re.compile(r"[\d\s()+./-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTitles:
    """Titles, in the language of Home Assistant, with dates as its country writes them."""

    _locale: Locale
    _common: Mapping[str, str]
    _statuses: Mapping[str, str]

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Return the texts, which Home Assistant keeps once they are loaded."""
        language, country = hass.config.language, hass.config.country
        common = await async_get_translations(hass, language, "common", [DOMAIN])
        entities = await async_get_translations(hass, language, "entity", [DOMAIN])
        return cls(
            _locale=await hass.async_add_executor_job(_load_locale, language, country),
            _common=_below(common, f"component.{DOMAIN}.common."),
            _statuses=_below(entities, f"component.{DOMAIN}.entity.sensor.state.state."),
        )

    def common(self, key: str) -> str:
        """Return one of the common texts."""
        return self._common.get(key, key)

    def day(self, day: date, recordings: int | None = None) -> str:
        """Return the title of a day, with the number of its recordings if that is known."""
        today = dt_util.now().date()
        name: str | None = None
        match today - day:
            case timedelta(days=0):
                name = self.common("today")
            case timedelta(days=1):
                name = self.common("yesterday")
        return _counted(_join(name, format_date(day, "full", self._locale)), recordings)

    def call(self, recordings: list[Recording], parties: Parties | None) -> str:
        """Return the title of a call or a conference with these recordings."""
        number = len(recordings)
        title = _join(who(parties), self._time(recordings[-1], with_date=True))
        return _counted(title, number if number > 1 else None)

    def recording(
        self,
        recording: Recording,
        parties: Parties | None,
        *,
        with_date: bool = True,
        is_kept: bool = False,
    ) -> str:
        """Return the title of a recording: its length, or why it can't be played, who, and when.

        It ends with whether the recording is kept.
        """
        length = None if recording.duration is None else _clock(recording.duration)
        return _join(
            length
            if recording.status.has_audio
            else self._statuses.get(recording.status, recording.status),
            who(parties),
            self._time(recording, with_date=with_date),
            self.common("kept") if is_kept else None,
        )

    def _time(self, recording: Recording, *, with_date: bool) -> str:
        if (moment := created(recording)) is None:
            return "?"
        local = dt_util.as_local(moment)
        if not with_date:
            return format_time(local, "medium", locale=self._locale)
        # Long enough to tell the day from the month.
        day = format_date(local, "medium", self._locale)
        return f"{day} {format_time(local, 'short', locale=self._locale)}"


def who(parties: Parties | None) -> str | None:
    """Return who talks to whom."""
    if parties is None:
        return None
    return " → ".join(name for name in (parties.from_party, parties.to_party) if name) or None


class Query:
    """What somebody looks for: words, numbers in any spelling, a day."""

    def __init__(self, text: str) -> None:
        self.day: date | None = None
        words = []
        for word in text.casefold().split():
            if self.day is None and is_day(word):
                self.day = date.fromisoformat(word)
            else:
                words.append(word)
        rest = " ".join(words)
        # A number may be written with blanks in it.
        digits = _NO_DIGIT.sub("", rest)
        is_number = len(digits) >= _MIN_DIGITS and _NUMBER.fullmatch(rest) is not None
        self._words = [] if is_number else words
        self._digits = digits if is_number else None

    @property
    def needs_parties(self) -> bool:
        """Return whether more than the day is looked for."""
        return bool(self._words) or self._digits is not None

    def fits(self, recording: Recording, parties: Parties | None, title: str) -> bool:
        """Return whether the recording is looked for."""
        moment = created(recording)
        if self.day is not None and (moment is None or local_day(moment) != self.day):
            return False
        if self._digits is not None:
            names = (parties.from_party, parties.to_party) if parties else ()
            return any(self._digits in _NO_DIGIT.sub("", name) for name in names if name)
        searched = f"{title} {_iso_time(recording)}".casefold()
        return all(word in searched for word in self._words)


def local_day(moment: datetime) -> date:
    """Return the day on which this was, where Home Assistant is."""
    return dt_util.as_local(moment).date()


def start_of(day: date) -> datetime:
    """Return when a day begins where Home Assistant is, in UTC."""
    return dt_util.as_utc(dt_util.start_of_local_day(day))


def _load_locale(language: str, country: str | None) -> Locale:
    """Return how a language of a country writes dates; reads files, once for each."""
    names = [language, _FALLBACK]
    if country and "-" not in language:
        names.insert(0, f"{language}-{country}")
    for name in names:
        try:
            locale = Locale.parse(name, sep="-")
        except ValueError, UnknownLocaleError:
            continue
        # So that it has read all that it needs.
        format_datetime(dt_util.now(), locale=locale)
        break
    return locale


def _iso_time(recording: Recording) -> str:
    moment = created(recording)
    return f"{dt_util.as_local(moment):%Y-%m-%d %H:%M}" if moment else ""


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _join(*parts: str | None) -> str:
    return _SEPARATOR.join(part for part in parts if part)


def _counted(title: str, number: int | None) -> str:
    return title if number is None else f"{title} ({number})"


def _below(texts: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}
