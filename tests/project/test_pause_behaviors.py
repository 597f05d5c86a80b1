from custom_components.signalwire.api import PauseBehavior
from custom_components.signalwire.project.pause_behaviors import PauseBehaviors

SILENCE, SKIP = PauseBehavior.SILENCE, PauseBehavior.SKIP


def test_a_recording_follows_the_project_until_something_is_chosen_for_it() -> None:
    behaviors = PauseBehaviors()
    assert behaviors.of("a") is SILENCE
    behaviors.default = SKIP
    assert behaviors.of("a") is SKIP
    behaviors.choose("a", SILENCE)
    assert (behaviors.of("a"), behaviors.of("b")) == (SILENCE, SKIP)


def test_what_was_chosen_is_forgotten_with_the_recording() -> None:
    behaviors = PauseBehaviors()
    behaviors.restore(SKIP, {"a": SILENCE, "b": SILENCE})
    behaviors.prune(["b", "c"])
    assert behaviors.chosen == {"b": SILENCE}
    assert behaviors.of("a") is SKIP


def test_what_is_handed_out_changes_nothing_here() -> None:
    behaviors = PauseBehaviors()
    behaviors.chosen["a"] = SKIP
    assert behaviors.of("a") is SILENCE
