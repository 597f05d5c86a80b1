"""Every sentence is understood as what it means, and nothing else is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
import random
import re

from hassil import Intents, recognize
from hassil.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    Sequence,
    TextChunk,
)
from hassil.intents import WildcardSlotList
from hassil.parse_expression import parse_sentence
from homeassistant.core import HomeAssistant
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
import pytest

from custom_components.signalwire.voice import Command, Language, preferred
from custom_components.signalwire.voice.language import read_languages
from custom_components.signalwire.voice.recognition import Recognizer, trigger_sentences
from custom_components.signalwire.voice.sentences import trigger_config
from custom_components.signalwire.voice.templates import ALL_NOUNS, Noun, Templates
from tests.voice.phrases import (
    NAMED,
    NAMED_TIMED,
    NAMES,
    OTHERS,
    PHRASES,
    SLOPPY,
    TIMED,
    UNCLEAR,
)

LANGUAGES = read_languages()
RECOGNIZER = Recognizer(LANGUAGES.values())
LINES = [*NAMES.values(), "Dr. Müller", "Back-office", "Caja (1) [caja]", "{a|b} <c>", "!"]
SAID = [
    pytest.param(code, command, text, id=f"{code}-{text}")
    for code, commands in PHRASES.items()
    for command, texts in commands.items()
    for text in texts
]


@pytest.fixture(scope="module")
def triggers() -> Intents:
    """Return what Home Assistant makes of the sentence trigger."""
    return _triggers(trigger_sentences(LANGUAGES.values()))


@pytest.fixture(scope="module")
def triggers_with_lines() -> Intents:
    """Return the same for a project with lines."""
    return _triggers(trigger_sentences(LANGUAGES.values(), lines=LINES))


def _triggers(sentences: list[str]) -> Intents:
    intents = Intents.from_dict(
        {"language": "en", "intents": {"it": {"data": [{"sentences": sentences}]}}}
    )
    intents.slot_lists["duration"] = WildcardSlotList("duration")
    return intents


def _others(code: str) -> list[Language]:
    return preferred(LANGUAGES, next(other for other in LANGUAGES if other != code))


def test_every_language_has_phrases_here() -> None:
    for phrases in (PHRASES, SLOPPY, TIMED, UNCLEAR, OTHERS, NAMES, NAMED, NAMED_TIMED):
        assert LANGUAGES.keys() == phrases.keys()
    for commands in (*PHRASES.values(), *NAMED.values()):
        assert commands.keys() == set(Command)


@pytest.mark.parametrize(("code", "command", "text"), SAID)
def test_what_is_said_is_understood(code: str, command: Command, text: str) -> None:
    for languages in (preferred(LANGUAGES, code), _others(code)):
        request = RECOGNIZER.recognize(text, languages)
        assert request is not None
        assert request.command is command
        assert request.duration is None
        assert not request.duration_unclear
        assert request.language.code == code


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in TIMED.items() for text in texts]
)
def test_a_duration_is_understood(code: str, text: str) -> None:
    request = RECOGNIZER.recognize(text, _others(code))
    assert request is not None
    assert request.command is Command.PAUSE
    assert request.duration == TIMED[code][text]
    assert not request.duration_unclear
    assert request.language.code == code


@pytest.mark.parametrize(("code", "text"), UNCLEAR.items())
def test_a_duration_that_is_not_understood_is_a_pause_all_the_same(code: str, text: str) -> None:
    request = RECOGNIZER.recognize(text, preferred(LANGUAGES, code))
    assert request is not None
    assert (request.command, request.duration, request.duration_unclear) == (
        Command.PAUSE,
        None,
        True,
    )


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in SLOPPY.items() for text in texts]
)
def test_what_is_written_without_care_is_understood(
    code: str, text: str, triggers: Intents
) -> None:
    request = RECOGNIZER.recognize(text, _others(code))
    assert request is not None
    assert request.command is SLOPPY[code][text]
    assert recognize(text, triggers)


@pytest.mark.parametrize("text", [text for texts in OTHERS.values() for text in texts])
def test_what_is_meant_for_others_is_left_to_them(
    text: str, triggers: Intents, triggers_with_lines: Intents
) -> None:
    assert recognize(text, triggers) is None
    assert recognize(text, triggers_with_lines) is None
    assert RECOGNIZER.recognize(text, preferred(LANGUAGES, "en"), LINES) is None


@pytest.mark.parametrize(
    ("code", "command", "text", "duration"),
    [
        *(
            (code, command, text, None)
            for code, commands in NAMED.items()
            for command, texts in commands.items()
            for text in texts
        ),
        *(
            (code, Command.PAUSE, text, timedelta(minutes=10))
            for code, texts in NAMED_TIMED.items()
            for text in texts
        ),
    ],
)
def test_a_line_is_understood(
    code: str,
    command: Command,
    text: str,
    duration: timedelta | None,
    triggers: Intents,
    triggers_with_lines: Intents,
) -> None:
    request = RECOGNIZER.recognize(text, preferred(LANGUAGES, code), LINES)
    assert request is not None
    assert (request.command, request.line) == (command, NAMES[code])
    assert (request.duration, request.duration_unclear) == (duration, False)
    assert recognize(text, triggers_with_lines)
    # Without a line of that name, it is not for us.
    assert recognize(text, triggers) is None
    assert RECOGNIZER.recognize(text, preferred(LANGUAGES, code)) is None


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("at Dr. Müller", "Dr. Müller"),
        ("at dr muller", "Dr. Müller"),
        ("at Dr Mueller", "Dr. Müller"),
        ("in the back office", "Back-office"),
        ("in the back-office", "Back-office"),
        ("at Caja (1) [caja]", "Caja (1) [caja]"),
        ("at {a|b} <c>", "{a|b} <c>"),
    ],
)
def test_a_line_is_understood_as_written_and_as_spoken(
    said: str, line: str, triggers_with_lines: Intents
) -> None:
    text = f"pause the recording {said}"
    request = RECOGNIZER.recognize(text, preferred(LANGUAGES, "en"), LINES)
    assert request is not None
    assert request.line == line
    assert recognize(text, triggers_with_lines)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "pause all recordings"),
        ("de", "setze alle Aufnahmen fort"),
        ("es", "reanuda todas las grabaciones"),
        ("fr", "reprends tous les enregistrements"),
        ("it", "riprendi tutte le registrazioni"),
        ("nl", "hervat alle opnames"),
    ],
)
def test_everything_is_more_than_what_is_near(code: str, text: str) -> None:
    request = RECOGNIZER.recognize(text, preferred(LANGUAGES, code))
    assert request is not None
    assert request.everything
    request = RECOGNIZER.recognize(PHRASES[code][Command.PAUSE][-1], preferred(LANGUAGES, code))
    assert request is not None
    assert not request.everything


@pytest.mark.parametrize("with_lines", [False, True])
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_template_is_understood_as_its_command(
    code: str, with_lines: bool, triggers: Intents, triggers_with_lines: Intents
) -> None:
    """Sentences made at random out of each template; none may be another command's."""
    listening = triggers_with_lines if with_lines else triggers
    lines = LINES if with_lines else ()
    chance = random.Random(code)
    templates = LANGUAGES[code].templates
    for command in templates.sentences:
        for template in templates.variants(command, ALL_NOUNS, with_lines=with_lines):
            expression = _expression(template, templates)
            for _ in range(5):
                text = _say(expression, chance, _LENGTH[code])
                foreign = RECOGNIZER.recognize(text, _others(code), lines)
                assert foreign is not None, text
                assert foreign.command is command, text
                request = RECOGNIZER.recognize(text, preferred(LANGUAGES, code), lines)
                assert request is not None, text
                assert request.command is command, text
                assert request.language.code == code, text
                assert (request.line is not None) == ("front desk" in text), text
                assert not request.duration_unclear, text
                assert (request.duration is not None) == (_LENGTH[code] in text), text
                assert recognize(text, listening), text


_LENGTH = {
    "en": "twelve minutes",
    "de": "zwölf Minuten",
    "es": "doce minutos",
    "fr": "douze minutes",
    "it": "dodici minuti",
    "nl": "twaalf minuten",
}


def _expression(template: str, templates: Templates) -> Expression:
    sentence = f"{templates.before} {template} {templates.after}"
    return parse_sentence(re.sub("<duration>|<time>", "{duration}", sentence)).expression


def _say(expression: Expression, chance: random.Random, length: str) -> str:
    """Return one of the sentences that a template stands for."""
    text = "".join(_parts(expression, chance, length))
    return re.sub(r"\s+", " ", text).strip()


def _parts(expression: Expression, chance: random.Random, length: str) -> Iterator[str]:
    match expression:
        case TextChunk():
            yield expression.text
        case Alternative():
            yield from _parts(chance.choice(expression.items), chance, length)
        case Sequence() | Permutation():
            for item in expression.items:
                yield from _parts(item, chance, length)
        case ListReference():
            yield "front desk" if expression.list_name == "line" else length
        case _:
            raise AssertionError(f"Unexpected in a template: {expression!r}")


async def test_the_trigger_is_what_home_assistant_would_make_of_it(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    config = trigger_config(trigger_sentences(LANGUAGES.values()))
    (validated,) = await async_validate_trigger_config(hass, config)
    assert {key: validated[key] for key in config[0]} == config[0]


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("Recording", {("en", Noun.PLAIN)}),
        ("The recordings", {("en", Noun.PLAIN)}),
        ("Aufnahme", {("de", Noun.PLAIN)}),
        ("Call recording", {("en", Noun.COMPOUND)}),
        ("Grabacion de llamadas", {("es", Noun.COMPOUND)}),
        ("Camera recording", set()),
    ],
)
def test_the_name_of_something_else_is_taken(name: str, taken: set[tuple[str, Noun]]) -> None:
    assert RECOGNIZER.taken([name, "Kitchen light"]) == taken


@pytest.mark.parametrize("noun", [Noun.PLAIN, Noun.COMPOUND])
@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_taken_is_not_listened_for(code: str, noun: Noun) -> None:
    """Sentences with one's own words for it are left, and those of the other languages too."""
    all_sentences = trigger_sentences(LANGUAGES.values())
    sentences = trigger_sentences(LANGUAGES.values(), {(code, noun)})
    changed = [
        sentence
        for sentence, other in zip(sentences, all_sentences, strict=True)
        if sentence != other
    ]
    pause = PHRASES[code][Command.PAUSE]
    assert 0 < len(changed) <= len(Command)
    listening = _triggers(sentences)
    left = [text for text in pause if recognize(text, listening)]
    assert 0 < len(left) < len(pause)


def test_the_examples_in_the_documentation_are_understood(triggers_with_lines: Intents) -> None:
    documentation = (Path(__file__).parents[2] / "docs" / "voice.md").read_text()
    rows = re.findall(
        r"^\| (?:English|Deutsch|Español|Français|Italiano|Nederlands) \|.*$",
        documentation,
        re.MULTILINE,
    )
    assert len(rows) == 2 * len(LANGUAGES)
    for row in rows:
        for example in re.split(r" [|·] ", row.strip("| "))[1:]:
            assert RECOGNIZER.recognize(example, preferred(LANGUAGES, "en"), LINES), example
            assert recognize(example, triggers_with_lines), example
