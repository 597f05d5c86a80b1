from custom_components.signalwire.project.slots import Slots


def _refresh(slots: Slots, *active: str) -> dict[int, str | None]:
    """Do what a refresh does that finds these recordings active."""
    slots.begin_refresh()
    slots.update(active)
    slots.end_refresh()
    return slots.occupants


def test_the_first_slot_is_there_before_any_recording() -> None:
    assert Slots(16).occupants == {1: None}


def test_a_recording_takes_the_lowest_free_slot_and_keeps_it() -> None:
    slots = Slots(16)
    assert _refresh(slots, "a", "b", "c") == {1: "a", 2: "b", 3: "c"}
    assert _refresh(slots, "c", "b", "a", "d") == {1: "a", 2: "b", 3: "c", 4: "d"}


def test_a_freed_slot_rests_for_one_whole_refresh() -> None:
    slots = Slots(16)
    _refresh(slots, "a", "b")
    assert _refresh(slots, "b", "c") == {1: None, 2: "b", 3: "c"}
    assert _refresh(slots, "b", "c", "d") == {1: None, 2: "b", 3: "c", 4: "d"}
    assert _refresh(slots, "b", "c", "d", "e") == {1: "e", 2: "b", 3: "c", 4: "d"}


def test_a_slot_freed_while_a_refresh_is_under_way_rests_for_the_one_after_it() -> None:
    slots = Slots(16)
    _refresh(slots, "a")
    slots.begin_refresh()
    slots.update([])
    slots.update(["b"])
    slots.end_refresh()
    assert slots.occupants == {1: None, 2: "b"}
    assert _refresh(slots, "b", "c") == {1: None, 2: "b", 3: "c"}
    assert _refresh(slots, "b", "c", "d") == {1: "d", 2: "b", 3: "c"}


def test_a_refresh_that_fails_does_not_end_the_rest() -> None:
    slots = Slots(2)
    _refresh(slots, "a")
    _refresh(slots)
    slots.begin_refresh()  # and fails
    slots.update(["b"])
    assert slots.occupants == {1: None, 2: "b"}


def test_recordings_beyond_the_last_slot_wait_for_a_free_one() -> None:
    slots = Slots(2)
    assert _refresh(slots, "a", "b", "c") == {1: "a", 2: "b"}
    assert slots.number_of("b") == 2
    assert slots.number_of("c") is None
    assert _refresh(slots, "b", "c") == {1: None, 2: "b"}
    _refresh(slots, "b", "c")
    assert _refresh(slots, "b", "c") == {1: "c", 2: "b"}


def test_known_slots_come_back_with_the_recordings_that_they_had() -> None:
    slots = Slots(16, {1, 2, 3, 5}, {2: "b", 5: "e"})
    assert slots.occupants == {1: None, 2: "b", 3: None, 5: "e"}
    assert _refresh(slots, "e", "b") == {1: None, 2: "b", 3: None, 5: "e"}


def test_slots_beyond_the_most_do_not_come_back() -> None:
    slots = Slots(2, {1, 2, 3}, {3: "c"})
    assert slots.occupants == {1: None, 2: None}
    assert _refresh(slots, "c") == {1: "c", 2: None}


def test_a_recording_that_was_stored_twice_sits_in_one_slot() -> None:
    assert Slots(16, (), {1: "a", 2: "a"}).occupants == {1: "a"}


def test_only_an_empty_slot_after_the_first_can_be_forgotten() -> None:
    slots = Slots(16, {1, 2, 3}, {2: "b"})
    assert slots.forget(1) is False
    assert slots.forget(2) is False
    assert slots.forget(3) is True
    assert slots.occupants == {1: None, 2: "b"}


def test_a_forgotten_slot_comes_back_when_it_is_needed() -> None:
    slots = Slots(16, {1, 2})
    slots.forget(2)
    assert _refresh(slots, "a", "b") == {1: "a", 2: "b"}


def test_a_slot_that_was_forgotten_while_it_rested_rests_no_more() -> None:
    slots = Slots(16)
    _refresh(slots, "a", "b")
    _refresh(slots, "a")
    slots.forget(2)
    slots.update(["a", "c"])
    assert slots.occupants == {1: "a", 2: "c"}


def test_those_that_come_first_are_seated_first() -> None:
    slots = Slots(2)
    ages = {"young": 1, "old": 3, "older": 4}
    slots.update(ages, key=lambda sid: (-ages[sid],))
    assert slots.occupants == {1: "older", 2: "old"}
