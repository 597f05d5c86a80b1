"""Call recording by voice: what can be asked, what is done about it, and what is answered."""

from .access import Refusal, RefusedError, async_area_of, async_exposed_scopes
from .answers import answer
from .commands import async_carry_out
from .language import Language, async_get_languages, preferred
from .outcome import Command, Outcome
from .sentences import async_set_up_sentences, async_stop_listening

__all__ = [
    "Command",
    "Language",
    "Outcome",
    "Refusal",
    "RefusedError",
    "answer",
    "async_area_of",
    "async_carry_out",
    "async_exposed_scopes",
    "async_get_languages",
    "async_set_up_sentences",
    "async_stop_listening",
    "preferred",
]
