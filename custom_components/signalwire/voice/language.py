"""The languages: what is understood and what is answered, each read from a file of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.singleton import singleton
from homeassistant.util import language as language_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.yaml import load_yaml_dict

from ..const import DOMAIN
from .outcome import Command
from .templates import Noun, Templates

FOLDER: Final = Path(__file__).parent / "languages"
DEFAULT_LANGUAGE: Final = "en"

type Forms = str | Mapping[int | str, str]
"""A text, or its forms by number: `1`, a range such as `2-4`, and `other`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language, out of its file; docs/voice.md tells what the parts mean.

    A sentence with one of the words in `everything` means all calls, wherever it is said.
    """

    code: str
    templates: Templates
    everything: frozenset[str]
    answers: Mapping[str, Forms]
    numbers: Sequence[str]
    units: Mapping[str, Forms]
    conjunction: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the language that a file describes."""
        return cls(
            code=data["language"],
            templates=Templates(
                before=data["before"],
                after=data["after"],
                rules=data["rules"],
                objects={Noun(noun): forms for noun, forms in data["objects"].items()},
                sentences={
                    Command(command): templates for command, templates in data["sentences"].items()
                },
                durations=data["durations"],
                words=data["words"],
                vague=data["vague"],
            ),
            everything=frozenset(data["everything"]),
            answers=data["answers"],
            numbers=data["numbers"],
            units=data["units"],
            conjunction=data["and"],
        )

    def text(
        self,
        key: str,
        count: int = 0,
        *,
        duration: timedelta | None = None,
        projects: Iterable[str] = (),
        lines: Iterable[str] = (),
    ) -> str:
        """Return an answer as a sentence, with what it names filled in."""
        sentence = _form(self.answers[key], count).format(
            count=self.number(count),
            duration="" if duration is None else self.duration(duration),
            projects=self.list_of(projects),
            lines=self.list_of(lines),
        )
        return sentence[:1].upper() + sentence[1:]

    def number(self, count: int) -> str:
        """Return a number from 2 on as it is spoken; high ones are left to the voice."""
        index = count - 2
        return self.numbers[index] if 0 <= index < len(self.numbers) else str(count)

    def duration(self, duration: timedelta) -> str:
        """Return how long something takes, as exactly as somebody would say it."""
        seconds = round(duration.total_seconds())
        if seconds > 90:
            # Nobody wants to hear the seconds, and a long time shrinks while it is spoken of.
            seconds = round(seconds / 60) * 60
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        parts = {"hours": hours, "minutes": minutes, "seconds": seconds}
        spoken = [unit for unit, count in parts.items() if count] or ["seconds"]
        return self.list_of(
            _form(self.units[unit], parts[unit]).format(count=self.number(parts[unit]))
            for unit in spoken
        )

    def list_of(self, items: Iterable[str]) -> str:
        """Return several things in a row, as they are spoken."""
        *first, last = list(items) or [""]
        return f"{', '.join(first)} {self.conjunction} {last}" if first else last


@singleton(HassKey[dict[str, Language]](f"{DOMAIN}_languages"), async_=True)
async def async_get_languages(hass: HomeAssistant) -> dict[str, Language]:
    """Return all languages by their codes; the files are read once."""
    return await hass.async_add_executor_job(read_languages)


def read_languages() -> dict[str, Language]:
    """Read all languages; to be run in the executor."""
    languages = (Language.from_dict(load_yaml_dict(path)) for path in sorted(FOLDER.glob("*.yaml")))
    return {language.code: language for language in languages}


def preferred(languages: Mapping[str, Language], *tags: str | None) -> list[Language]:
    """Return all languages, those first that fit the tags (such as `de-CH`), in their order."""
    codes = [
        code for tag in tags if tag and tag != "*" for code in language_util.matches(tag, languages)
    ]
    return [languages[code] for code in dict.fromkeys([*codes, DEFAULT_LANGUAGE, *languages])]


def _form(forms: Forms, count: int) -> str:
    """Return the form of a text that goes with a number."""
    if isinstance(forms, str):
        return forms
    for key, form in forms.items():
        first, _, last = str(key).partition("-")
        if first != "other" and int(first) <= count <= int(last or first):
            return form
    return forms["other"]
