"""The sentences of a language, as templates for Home Assistant's engine (hassil).

What is recorded can be named in three ways, and other things may have such a name too: "the
recording" may be a camera's. So the files of the languages say only where it stands, and here it
is decided which names may stand there. Nothing ends a recording that is not said to be a call's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
import re
import unicodedata

from .outcome import Command


@unique
class Noun(StrEnum):
    """A way to name what is recorded."""

    PLAIN = "plain"
    """The recording: whose is not said."""
    COMPOUND = "compound"
    """The call recording: an entity can have that name."""
    DESCRIBED = "described"
    """The recording of this call."""


ALL_NOUNS = frozenset(Noun)

_ANY = "<recording>"
# What stands for an object, and the form it has there.
_OBJECTS = {
    _ANY: "any",
    "<call_recording>": "any",
    "<one_call_recording>": "one",
    "<all_call_recordings>": "all",
}
_AT_LINE = "[<at_line>]"
_RULE = re.compile(r"<(\w+)>")
_ACCENTED_WORD = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_MIRROR = str.maketrans("[]()", "][)(")
_QUOTES = "\"'“”„‟«»‹›‘‚"  # noqa: RUF001 (quotes that look like others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The parts that a language's sentences are made of; docs/voice.md tells what they mean.

    `words` are words and phrases for numbers in the durations.
    """

    before: str
    after: str
    rules: Mapping[str, str]
    objects: Mapping[Noun, Mapping[str, str]]
    sentences: Mapping[Command, Sequence[str]]
    durations: Sequence[str]
    words: Mapping[str, Mapping[str, int]]
    vague: str

    def exact(self, command: Command) -> str:
        """Return one template for all sentences of a command.

        It has the lists `{line}`, and for times `{hours}`, `{minutes}`, `{seconds}`, `{half}` and
        `{part_of_an_hour}`.
        """
        durations = self._write_out("|".join(self.durations))
        return self._joined(
            variant.replace("<duration>", f"({durations})").replace("<time>", f"({durations})")
            for variant in self.variants(command, ALL_NOUNS, with_lines=True)
        )

    def tolerant(self, command: Command, nouns: Collection[Noun], *, with_lines: bool) -> str:
        """Return the same with any text for a time, `{duration}`, for these names of the object.

        After "the recording" alone it has to be a time; or "for the camera" would be one.
        """
        time = self._time()
        return self._joined(
            variant.replace("<duration>", "{duration}").replace("<time>", time)
            for variant in self.variants(command, nouns, with_lines=with_lines)
        )

    def object(self, noun: Noun) -> str:
        """Return one template for all that is said for a noun."""
        return with_plain_letters(self._write_out(self.objects[noun]["any"]))

    def variants(
        self, command: Command, nouns: Collection[Noun], *, with_lines: bool
    ) -> Iterator[str]:
        """Yield the templates of a command; what is left in them is `<duration>` or `<time>`.

        Without any nouns, every sentence names a line.
        """
        call_nouns = frozenset(nouns) - {Noun.PLAIN}
        for template in self.sentences[command]:
            without_line = self._write_out(" ".join(template.replace(_AT_LINE, "").split()))
            with_line = self._write_out(template.replace(_AT_LINE, "<at_line>"))
            left = ALL_NOUNS
            if nouns and "{line}" not in without_line:
                maybe_line = self._write_out(template) if with_lines else without_line
                yield from self._with_nouns(maybe_line, call_nouns)
                if Noun.PLAIN in nouns and _ANY in without_line:
                    plain = without_line.replace("<duration>", "<time>")
                    yield from self._with_nouns(plain, {Noun.PLAIN})
                left = ALL_NOUNS - call_nouns if _has_object(template) else frozenset()
            if with_lines and left and "{line}" in with_line:
                # The line says which recording is meant, however that is named.
                yield from self._with_nouns(with_line, left)

    def _with_nouns(self, template: str, nouns: Collection[Noun]) -> Iterator[str]:
        """Yield the template with these names for the object, if there are any for it."""
        if not nouns and _has_object(template):
            return
        for placeholder, form in _OBJECTS.items():
            if placeholder in template:
                names = "|".join(f"({self.objects[noun][form]})" for noun in Noun if noun in nouns)
                template = template.replace(placeholder, f"({self._write_out(names)})")
        yield template

    def _joined(self, templates: Iterator[str]) -> str:
        # Far less for the engine to take in than one of each, with all that may stand around it.
        alternatives = "|".join(f"({template})" for template in templates)
        quote = f"({'|'.join(_QUOTES)})"
        sentence = _with_tight_end(
            _with_tight_start(f"{self.before} ({alternatives}) {self.after}")
        )
        return with_plain_letters(f"[{quote}[ ]]{sentence}[[ ]{quote}]")

    def _time(self) -> str:
        """Return a template for what can only be a time, with any text for its numbers."""
        units = "|".join(("<hours>", "<minutes>", "<seconds>", *self.words.get("half", ())))
        times = (f"{{duration}} ({units})", *self.words["part_of_an_hour"], self.vague)
        return f"({self._write_out('|'.join(times))})"

    def _write_out(self, template: str) -> str:
        """Put the rules' bodies where they are named."""

        def body(match: re.Match[str]) -> str:
            if (rule := self.rules.get(match[1])) is None:
                return match[0]
            rule = self._write_out(rule)
            is_optional = rule[0] == "[" and _closing(rule) == len(rule) - 1
            return rule if is_optional else f"({rule})"

        return _RULE.sub(body, template)


def _has_object(template: str) -> bool:
    return any(placeholder in template for placeholder in _OBJECTS)


def _with_tight_start(template: str) -> str:
    """Return the template with no space outside of what may be left out at its start.

    The engine would want that space after an opening quote.
    """
    if template[:1] not in ("[", "("):
        return template
    end = _closing(template)
    inner, rest = template[1:end], template[end + 1 :]
    tight = "|".join(map(_with_tight_start, _alternatives(inner)))
    if template[0] == "(":
        return f"({tight}){rest}"
    space, rest = _split_space(rest)
    return f"[({tight}){space}]{_with_tight_start(rest)}"


def _with_tight_end(template: str) -> str:
    """Return the template with no space outside of what may be left out at its end."""
    mirrored = template[::-1].translate(_MIRROR)
    return _with_tight_start(mirrored)[::-1].translate(_MIRROR)


def _closing(template: str) -> int:
    """Return where the bracket that begins the template is closed."""
    depth = 0
    for index, character in enumerate(template):
        depth += (character in "[(") - (character in "])")
        if depth == 0:
            return index
    raise ValueError(f"A bracket is not closed: {template}")


def _alternatives(inner: str) -> Iterator[str]:
    """Yield what the bars outside of all brackets separate."""
    depth = start = 0
    for index, character in enumerate(inner):
        depth += (character in "[(") - (character in "])")
        if character == "|" and depth == 0:
            yield inner[start:index]
            start = index + 1
    yield inner[start:]


def _split_space(text: str) -> tuple[str, str]:
    stripped = text.lstrip()
    return " " * (stripped != text), stripped


def with_plain_letters(template: str) -> str:
    """Return a template that takes each accented word without its accents too."""
    return _ACCENTED_WORD.sub(lambda match: f"({'|'.join(_spellings(match[0]))})", template)


def _spellings(word: str) -> list[str]:
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", word)
        if not unicodedata.combining(letter)
    )
    return list(dict.fromkeys((word, plain, word.translate(_DIGRAPHS))))
