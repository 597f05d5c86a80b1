"""Understands a sentence: which command it is, in which language, and for how long.

Home Assistant's sentence triggers tell neither the language nor the template that matched, and
take every `{list}` for any text at all. So a sentence that they have matched is recognized once
more here, with the same engine, by language and with real lists of numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from hassil import Intents, recognize
from hassil.models import MatchEntity

from .language import Language
from .outcome import Command

# More than an action may ask for would be refused by nobody here: a week.
_RANGES = {"hours": 168, "minutes": 600, "seconds": 600}
# What the other lists of words count.
_UNITS = {"half": "minutes", "part_of_an_hour": "minutes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for.

    `duration` is None if none was said, or if what was said is `duration_unclear`.
    """

    command: Command
    language: Language
    duration: timedelta | None = None
    duration_unclear: bool = False


class Recognizer:
    """Recognizes the sentences of all languages; it reads nothing and may run in any thread."""

    def __init__(self, languages: Iterable[Language]) -> None:
        """Prepare the sentences."""
        self._exact: dict[str, Intents] = {}
        self._tolerant: dict[str, Intents] = {}
        for language in languages:
            durations = "|".join(_with_words(language.durations, language.words))
            self._exact[language.code] = _intents(language, f"({durations})", _lists(language))
            self._tolerant[language.code] = _intents(
                language, "{duration}", {"duration": {"wildcard": True}}
            )

    def recognize(self, text: str, languages: Iterable[Language]) -> Request | None:
        """Return what is asked for; the first language that fits counts.

        A duration that is not understood counts as unclear only if no language understands it.
        """
        languages = list(languages)
        for language in languages:
            if result := recognize(text, self._exact[language.code], language=language.code):
                return Request(
                    command=Command(result.intent.name),
                    language=language,
                    duration=_duration(result.entities_list),
                )
        for language in languages:
            if result := recognize(text, self._tolerant[language.code], language=language.code):
                return Request(
                    command=Command(result.intent.name), language=language, duration_unclear=True
                )
        return None


def trigger_sentences(languages: Iterable[Language]) -> list[str]:
    """Return the templates in the form that a conversation trigger takes."""
    return [
        language.template(command).replace("<duration>", "{duration}")
        for language in languages
        for command in language.sentences
    ]


def _intents(language: Language, duration: str, lists: Mapping[str, object]) -> Intents:
    """Return the engine's form of a language, with this for a duration."""
    intents = {
        command.value: {
            "data": [{"sentences": [language.template(command).replace("<duration>", duration)]}]
        }
        for command in language.sentences
    }
    return Intents.from_dict({"language": language.code, "intents": intents, "lists": lists})


def _with_words(durations: Iterable[str], words: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    """Let every list of numbers take the language's words for some of them too."""
    for template in durations:
        for name in words:
            alternatives = f"{{{name}_words:{_UNITS.get(name, name)}}}"
            if name in _RANGES:
                alternatives = f"({alternatives}|{{{name}}})"
            template = template.replace(f"{{{name}}}", alternatives)  # noqa: PLW2901
        yield template


def _lists(language: Language) -> dict[str, object]:
    ranges: dict[str, object] = {
        name: {"range": {"from": 1, "to": highest}} for name, highest in _RANGES.items()
    }
    return ranges | {
        f"{name}_words": {
            "values": [{"in": phrase, "out": number} for phrase, number in phrases.items()]
        }
        for name, phrases in language.words.items()
    }


def _duration(entities: Iterable[MatchEntity]) -> timedelta | None:
    """Return the sum of all that was said of a duration."""
    total = timedelta()
    for entity in entities:
        total += timedelta(**{entity.name: float(entity.value)})
    return total or None
