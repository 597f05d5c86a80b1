"""The language files are whole, and their texts come out right."""

from datetime import timedelta
from pathlib import Path
import re
from string import Formatter

import pytest

from custom_components.signalwire import voice
from custom_components.signalwire.voice import Command, preferred
from custom_components.signalwire.voice.language import Language, read_languages
from custom_components.signalwire.voice.templates import Noun

LANGUAGES = read_languages()
ENGLISH = LANGUAGES["en"]
FOLDER = Path(voice.__file__).parent
CODE = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))


def _forms(language: Language, key: str) -> list[str]:
    forms = language.answers[key]
    return [forms] if isinstance(forms, str) else list(forms.values())


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_language_has_every_part(language: Language) -> None:
    assert language.templates.sentences.keys() == set(Command)
    assert all(language.templates.sentences.values())
    assert language.templates.objects.keys() == set(Noun)
    for forms in language.templates.objects.values():
        assert forms.keys() == {"any", "one", "all"}
    assert {"hours", "minutes", "seconds", "at_line"} <= language.templates.rules.keys()
    assert language.everything
    assert language.answers.keys() == ENGLISH.answers.keys()
    assert language.units.keys() == {"hours", "minutes", "seconds"}
    assert len(language.numbers) == len(set(language.numbers)) == 11


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_answer_names_the_same_things(language: Language) -> None:
    for key, forms in ENGLISH.answers.items():
        expected = {name for form in _forms(ENGLISH, key) for name in _names(form)}
        assert {name for form in _forms(language, key) for name in _names(form)} == expected, key
        # What is counted has a form for one, and one for all others.
        assert isinstance(language.answers[key], str) == isinstance(forms, str), key
        if not isinstance(own := language.answers[key], str):
            assert {1, "other"} <= own.keys(), key


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_answer_is_a_sentence(language: Language) -> None:
    for key in language.answers:
        for count in (1, 2, 3, 12, 13):
            text = language.text(
                key,
                count,
                duration=timedelta(minutes=count),
                projects=["One", "Two"],
                lines=["Front desk"],
            )
            assert text[0].isupper() or text[0].isdigit(), text
            # After what is meant, a sentence follows.
            assert text[-1] == (":" if key == "on_lines" else "."), text
            assert "{" not in text, text
            assert "  " not in text, text


def test_every_answer_is_given() -> None:
    refusals = {refusal.value for refusal in voice.Refusal}
    given = set(re.findall(r'"([a-z_]+)"', CODE))
    assert ENGLISH.answers.keys() <= given | refusals


@pytest.mark.parametrize(
    ("code", "seconds", "spoken"),
    [
        ("en", 1, "one second"),
        ("en", 45, "45 seconds"),
        ("en", 90, "one minute and 30 seconds"),
        ("en", 596, "ten minutes"),
        ("en", 3600, "one hour"),
        ("en", 9000, "two hours and 30 minutes"),
        ("en", 0, "0 seconds"),
        ("de", 3661, "eine Stunde und eine Minute"),
        ("es", 5400, "una hora y 30 minutos"),
        ("fr", 7200, "deux heures"),
        ("it", 3600, "un'ora"),
        ("nl", 7260, "twee uur en één minuut"),
    ],
)
def test_a_duration_is_spoken(code: str, seconds: int, spoken: str) -> None:
    assert LANGUAGES[code].duration(timedelta(seconds=seconds)) == spoken


def test_things_in_a_row_are_spoken() -> None:
    assert ENGLISH.list_of(["A"]) == "A"
    assert ENGLISH.list_of(["A", "B"]) == "A and B"
    assert LANGUAGES["de"].list_of(["A", "B", "C"]) == "A, B und C"


def test_a_form_can_be_for_a_range_of_numbers() -> None:
    dutch = LANGUAGES["nl"]
    assert dutch.text("stopped", 2) == "Beide opnames zijn definitief gestopt."
    assert dutch.text("stopped", 12) == "Alle twaalf de opnames zijn definitief gestopt."
    assert dutch.text("stopped", 13) == "Alle 13 opnames zijn definitief gestopt."


def test_the_language_that_fits_best_goes_first() -> None:
    assert preferred(LANGUAGES, "de-CH", "fr")[:2] == [LANGUAGES["de"], LANGUAGES["fr"]]
    assert preferred(LANGUAGES, "pl", None, "*")[0] is ENGLISH
    assert len(preferred(LANGUAGES, "nl", "nl")) == len(LANGUAGES)
