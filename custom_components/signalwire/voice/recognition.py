"""Understands a sentence: which command it is, in which language, of which line, and for how long.

Home Assistant's sentence triggers tell neither the language nor the template that matched, and
take every `{list}` for any text at all. So a sentence that they have matched is recognized once
more here, with the same engine, by language and with real lists of numbers.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import re

from hassil import Intents, recognize, recognize_all
from hassil.intents import SlotList, TextSlotList
from hassil.models import MatchEntity
from hassil.recognize import RecognizeResult
from hassil.util import remove_punctuation

from .language import Language
from .outcome import Command
from .templates import ALL_NOUNS, Noun, with_plain_letters

# More than an action may ask for would be refused by nobody here: a week.
_RANGES = {"hours": 168, "minutes": 600, "seconds": 600}
# What the other lists of words count.
_UNITS = {"half": "minutes", "part_of_an_hour": "minutes"}

_LINE = "line"
_SPECIAL = re.compile(r"([\\()\[\]{}<>|@])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for.

    `line` is the name of the line that was said; `everything` is that all calls are meant, wherever
    that is said. `duration` is None if none was said, or if what was said is `duration_unclear`.
    """

    command: Command
    language: Language
    line: str | None = None
    everything: bool = False
    duration: timedelta | None = None
    duration_unclear: bool = False


class Recognizer:
    """Recognizes the sentences of all languages; it reads nothing and may run in any thread."""

    def __init__(self, languages: Iterable[Language]) -> None:
        """Prepare the sentences."""
        self._exact: dict[str, Intents] = {}
        self._tolerant: dict[str, Intents] = {}
        objects: dict[str, str] = {}
        for language in languages:
            templates = language.templates
            words = _words_for_numbers(language)
            self._exact[language.code] = _intents(
                language.code,
                {
                    command: _with_words(templates.exact(command), words)
                    for command in templates.sentences
                },
                _lists(words),
            )
            self._tolerant[language.code] = _intents(
                language.code,
                {
                    command: templates.tolerant(command, ALL_NOUNS, with_lines=True)
                    for command in templates.sentences
                },
                {"duration": {"wildcard": True}},
            )
            objects |= {
                f"{language.code} {noun}": templates.object(noun)
                for noun in (Noun.PLAIN, Noun.COMPOUND)
            }
        self._objects = _intents("en", objects, {})

    def recognize(
        self, text: str, languages: Iterable[Language], lines: Iterable[str] = ()
    ) -> Request | None:
        """Return what is asked for; the first language that fits counts.

        `lines` are the names of the lines that can be meant. A duration that is not understood
        counts as unclear only if no language understands it.
        """
        languages = list(languages)
        names = [(template, line) for line in lines if (template := _name_template(line))]
        slot_lists: dict[str, SlotList] = {_LINE: TextSlotList.from_tuples(names, name=_LINE)}
        for intents, is_exact in ((self._exact, True), (self._tolerant, False)):
            for language in languages:
                result = recognize(
                    text, intents[language.code], slot_lists=slot_lists, language=language.code
                )
                if result is not None:
                    duration = _duration(result.entities_list)
                    return Request(
                        command=Command(result.intent.name),
                        language=language,
                        line=_line(result),
                        everything=not language.everything.isdisjoint(_words(text)),
                        duration=duration or None,
                        duration_unclear=not is_exact or duration == timedelta(),
                    )
        return None

    def taken(self, names: Iterable[str]) -> set[tuple[str, Noun]]:
        """Return the ways to name what is recorded, by language, that are the name of something."""
        found = set()
        for name in names:
            for result in recognize_all(name, self._objects):
                code, noun = result.intent.name.split()
                found.add((code, Noun(noun)))
        return found


def trigger_sentences(
    languages: Iterable[Language],
    taken: Collection[tuple[str, Noun]] = (),
    lines: Iterable[str] = (),
    *,
    only_lines: bool = False,
) -> list[str]:
    """Return the templates in the form that a conversation trigger takes.

    Without the ways to name what is recorded that are `taken`; `lines` are the names of the lines,
    one of which every sentence has with `only_lines`.
    """
    names = [template for line in lines if (template := _name_template(line))]
    if only_lines and not names:
        return []
    return [
        language.templates.tolerant(
            command,
            [noun for noun in Noun if not only_lines and (language.code, noun) not in taken],
            with_lines=bool(names),
        ).replace(f"{{{_LINE}}}", f"({'|'.join(names)})")
        for language in languages
        for command in language.templates.sentences
    ]


def _name_template(name: str) -> str | None:
    """Return a template for a name, as written and as spoken; None if there is nothing to say."""
    # The engine leaves out the punctuation of a sentence too.
    if not (name := remove_punctuation(name).strip()):
        return None
    forms = dict.fromkeys((name, " ".join(re.split(r"[-_\s]+", name))))
    return f"({'|'.join(with_plain_letters(_SPECIAL.sub(r'\\\1', form)) for form in forms)})"


def _intents(language: str, templates: Mapping[str, str], lists: Mapping[str, object]) -> Intents:
    """Return the engine's form of one template for each intent."""
    intents = {
        str(name): {"data": [{"sentences": [template]}]} for name, template in templates.items()
    }
    return Intents.from_dict({"language": language, "intents": intents, "lists": lists})


def _with_words(template: str, words: Mapping[str, Mapping[str, int]]) -> str:
    """Let every list of numbers take decimals, and these words for some of them."""
    for name in words:
        alternatives = f"{{{name}_words:{_UNITS.get(name, name)}}}"
        if name in _RANGES:
            alternatives += f"|{{{name}}}|{{{name}_decimal:{name}}}"
        template = template.replace(f"{{{name}}}", f"({alternatives})")
    return template


def _words_for_numbers(language: Language) -> Mapping[str, Mapping[str, int]]:
    """Return the words that the engine does not know itself, or not without their accents."""
    accented = {
        word: number for number, word in enumerate(language.numbers, 2) if not word.isascii()
    }
    words = language.templates.words
    return {**words, **{name: {**accented, **words.get(name, {})} for name in _RANGES}}


def _lists(words: Mapping[str, Mapping[str, int]]) -> dict[str, object]:
    lists: dict[str, object] = {}
    for name, highest in _RANGES.items():
        numbers = {"from": 1, "to": highest}
        lists[name] = {"range": numbers}
        lists[f"{name}_decimal"] = {
            "range": {**numbers, "from": 0, "fractions": "tenths", "words": False}
        }
    for name, phrases in words.items():
        lists[f"{name}_words"] = {
            "values": [
                {"in": with_plain_letters(phrase), "out": number}
                for phrase, number in phrases.items()
            ]
        }
    return lists


def _words(text: str) -> Iterable[str]:
    return re.findall(r"\w+", text.casefold())


def _line(result: RecognizeResult) -> str | None:
    entity = result.entities.get(_LINE)
    return None if entity is None else str(entity.value)


def _duration(entities: Iterable[MatchEntity]) -> timedelta | None:
    """Return the sum of all that was said of a duration, None if nothing was."""
    parts = [
        timedelta(**{entity.name: float(entity.value)})
        for entity in entities
        if entity.name in _RANGES
    ]
    return sum(parts, timedelta()) if parts else None
