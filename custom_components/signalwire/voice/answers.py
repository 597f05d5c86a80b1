"""Says what came of a command, and nothing that the service has not confirmed."""

from collections.abc import Iterator

from .language import Language
from .outcome import Command, Outcome


def answer(outcome: Outcome, language: Language, *, duration_unclear: bool = False) -> str:
    """Return one to a few sentences.

    `duration_unclear` is that somebody said for how long, in words that were not understood.
    """
    match outcome.command:
        case Command.PAUSE:
            sentences = _pause(outcome, language)
        case Command.RESUME:
            sentences = _resume(outcome, language)
        case Command.STOP | Command.STOP_ALL:
            sentences = _stop(outcome, language)
        case Command.IS_RECORDING | Command.COUNT:
            sentences = _status(outcome, language)
    parts = list(sentences)
    if duration_unclear:
        parts.append(language.text("duration_unclear"))
    if 0 < len(outcome.unreachable) < len({*outcome.projects, *outcome.not_loaded}):
        parts.append(language.text("concerns", projects=outcome.unreachable))
    if outcome.not_loaded:
        parts.append(language.text("not_loaded", projects=outcome.not_loaded))
    if outcome.lines:
        parts.insert(0, language.text("on_lines", lines=outcome.lines))
    return " ".join(parts)


def _pause(outcome: Outcome, language: Language) -> Iterator[str]:
    if outcome.unreachable:
        yield language.text("pause_unanswered")
    elif outcome.unconfirmed:
        yield language.text("pause_unconfirmed", outcome.unconfirmed)
    elif not outcome.changed:
        yield language.text("already_paused")
    else:
        if outcome.paused:
            yield language.text("paused", outcome.paused)
        else:
            yield language.text("no_call_to_pause")
        if outcome.remaining is None:
            yield language.text("until_resumed")
        else:
            yield language.text("for_so_long", duration=outcome.remaining)


def _resume(outcome: Outcome, language: Language) -> Iterator[str]:
    if outcome.all_held:
        yield language.text("all_held")
        if not outcome.changed:
            return
    if outcome.unreachable and outcome.changed:
        yield language.text("resume_unanswered")
        return
    if outcome.unreachable:
        yield language.text("unanswered")
        return
    if outcome.unconfirmed:
        yield language.text("resume_unconfirmed", outcome.unconfirmed)
        return
    if not outcome.changed:
        yield language.text("not_paused")
    elif outcome.recording:
        yield language.text("resumed", outcome.recording)
    else:
        yield language.text("resumed_without_call")
    if outcome.paused:
        yield language.text("stays_paused", outcome.paused)


def _stop(outcome: Outcome, language: Language) -> Iterator[str]:
    if outcome.ambiguous:
        yield language.text("which_one", outcome.paused)
        yield from _pause(outcome, language)
        return
    if outcome.stopped:
        yield language.text("stopped", outcome.stopped)
    if outcome.unconfirmed:
        yield language.text("stop_unconfirmed", outcome.unconfirmed)
    if outcome.unreachable:
        yield language.text("unanswered" if outcome.stopped else "stop_unanswered")
    elif not outcome.unconfirmed:
        if not outcome.stopped:
            yield language.text("nothing_to_stop")
        elif not outcome.held:
            yield language.text("new_calls")


def _status(outcome: Outcome, language: Language) -> Iterator[str]:
    is_question_for_yes = outcome.command is Command.IS_RECORDING
    if outcome.recording:
        yield language.text(
            "yes_recording" if is_question_for_yes else "recording", outcome.recording
        )
        if outcome.held:
            yield language.text("meant_paused")
    if outcome.unreachable:
        yield language.text("unanswered")
        return
    if outcome.unknown:
        yield language.text("unknown", outcome.unknown)
    if outcome.recording:
        if outcome.paused:
            yield language.text("also_paused", outcome.paused)
        return
    if outcome.unknown:
        if outcome.paused:
            yield language.text("paused", outcome.paused)
        return
    if outcome.paused and is_question_for_yes:
        yield language.text("no_paused", outcome.paused)
        return
    yield language.text("no_recording" if is_question_for_yes else "nothing_recorded")
    if outcome.paused:
        yield language.text("paused", outcome.paused)
    elif outcome.held:
        yield language.text("held")
