"""Past recordings in the media browser: what each level shows, and what it costs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.media_player.browse_media import async_process_play_media_url
from homeassistant.components.media_source import async_resolve_media
from homeassistant.components.media_source.error import Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.signalwire.media import browse
from custom_components.signalwire.media.browse import MAX_SHOWN
from custom_components.signalwire.media_source import MAX_FOUND
from custom_components.signalwire.project import library
from custom_components.signalwire.project.library import MAX_SINGLE_READS
from simulator import Fault, Simulator
from simulator.models import Status
from tests.helpers import PROJECT_ID, TITLE, TOKEN, call_with_recording, entry_data
from tests.media.helpers import past_conference, past_recording

ROOT = "media-source://signalwire"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

type Answer = dict[str, Any]
type Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
async def ask(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> Ask:
    """Return what asks as the frontend does, and returns the result or the error."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    assert await async_setup_component(hass, "media_source", {})
    socket = await hass_ws_client()

    async def ask(kind: str, place: str, **fields: object) -> Answer:
        await socket.send_json_auto_id(
            {"type": f"media_source/{kind}_media", "media_content_id": place, **fields}
        )
        answer: Answer = await socket.receive_json()
        return dict(answer["result"] if answer["success"] else answer["error"])

    return ask


@pytest.fixture
def calendar(simulator: Simulator, freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Return the clock, which stands at noon of a Friday in Berlin."""
    freezer.move_to("2026-11-20 11:00:00+00:00")
    return freezer


def _titles(answer: Answer) -> list[str]:
    assert "children" in answer, answer
    return [child["title"] for child in answer["children"]]


def _paths(simulator: Simulator) -> list[str]:
    """Return the resources that were asked for since the log was cleared."""
    paths = [
        request.path.partition("?")[0].rpartition(PROJECT_ID)[2] for request in simulator.requests
    ]
    simulator.requests.clear()
    return [path.split("/")[1].removesuffix(".json") for path in paths]


async def _child(ask: Ask, answer: Answer, title: str) -> Answer:
    (found,) = [child for child in answer["children"] if title in child["title"]]
    return await ask("browse", found["media_content_id"])


async def test_the_tree_is_as_it_was(
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    loaded: MockConfigEntry,
    simulator: Simulator,
    snapshot: SnapshotAssertion,
) -> None:
    first = past_recording(simulator, HOUR, seconds=125)
    past_recording(simulator, 2 * HOUR, seconds=1, status=Status.ABSENT)
    past_conference(simulator, "Front desk", 3 * HOUR)
    past_recording(simulator, DAY, seconds=4000, from_number="sip:anna@example.com")
    past_recording(simulator, 9 * DAY, status=Status.STOPPED)
    simulator.space.start_recording(call_sid=simulator.space.start_call().sid)
    tree: dict[str, object] = {}

    async def walk(place: str, title: str) -> None:
        answer = await ask("browse", place)
        tree[title] = [
            {key: child[key] for key in ("title", "media_class", "can_play", "can_expand")}
            for child in answer["children"]
        ]
        for child in answer["children"]:
            if child["can_expand"]:
                await walk(child["media_content_id"], f"{title} / {child['title']}")

    await walk(ROOT, "SignalWire")
    assert tree == snapshot
    assert first.call_sid


async def test_what_is_marked_to_be_kept_says_so(
    hass: HomeAssistant,
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    simulator: Simulator,
) -> None:
    past_recording(simulator, 2 * HOUR)
    kept = past_recording(simulator, HOUR)
    await hass.services.async_call(
        "signalwire", "keep_recording", {"recording_sid": kept.sid}, blocking=True
    )
    days = await _child(ask, await ask("browse", ROOT), "By day")
    first, second = _titles(await _child(ask, days, "Today"))
    assert first.endswith(" · kept")
    assert "kept" not in second


async def test_days_are_those_where_home_assistant_is(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    # Half an hour before and after midnight in Berlin.
    past_recording(simulator, timedelta(hours=12, minutes=30), seconds=0)
    past_recording(simulator, timedelta(hours=11, minutes=30), seconds=0)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    assert _titles(days) == [
        "Today · Friday, November 20, 2026 (1)",
        "Yesterday · Thursday, November 19, 2026 (1)",
    ]
    (shown,) = _titles(await _child(ask, days, "Today"))
    assert shown.endswith(" · 12:30:00\u202fAM")
    (shown,) = _titles(await _child(ask, days, "Yesterday"))
    assert shown.endswith(" · 11:30:00\u202fPM")


@pytest.mark.parametrize(
    ("language", "country", "day", "title"),
    [
        ("en", "US", "Wednesday, November 11, 2026 (1)", "2:05 · Nov 11, 2026 11:57\u202fAM"),
        ("en", "GB", "Wednesday, 11 November 2026 (1)", "2:05 · 11 Nov 2026 11:57"),
        ("de", "CH", "Mittwoch, 11. November 2026 (1)", "2:05 · 11.11.2026 11:57"),
        ("fr", None, "mercredi 11 novembre 2026 (1)", "2:05 · 11 nov. 2026 11:57"),
        (
            "pt-BR",
            "BR",
            "quarta-feira, 11 de novembro de 2026 (1)",
            "2:05 · 11 de nov. de 2026 11:57",
        ),
        ("xx", "US", "Wednesday, November 11, 2026 (1)", "2:05 · Nov 11, 2026 11:57\u202fAM"),
    ],
)
async def test_dates_are_written_as_the_language_and_the_country_have_them(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    simulator: Simulator,
    language: str,
    country: str | None,
    day: str,
    title: str,
) -> None:
    hass.config.language, hass.config.country = language, country
    past_recording(simulator, 9 * DAY, seconds=125)
    days = await ask("browse", f"{ROOT}/{loaded.entry_id}/days")
    assert _titles(days) == [day]
    found = await ask("search", ROOT, search_query="2026-11-11")
    assert [each["title"] for each in found["result"]] == [
        title.replace("2:05", "2:05 · +15550100 → +15550101")
    ]


async def test_a_day_of_25_hours_is_whole(
    ask: Ask, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-10-26 11:00:00+00:00")
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)
    for moment in (midnight, midnight + timedelta(hours=24, minutes=59)):
        past_recording(simulator, simulator.space.now() - moment, seconds=0)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    assert _titles(days) == ["Yesterday · Sunday, October 25, 2026 (2)"]
    assert len(_titles(await _child(ask, days, "Yesterday"))) == 2


async def test_what_each_level_costs(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    for number in range(50):
        past_recording(simulator, HOUR, from_number=f"+155501{number:02}")
        past_conference(simulator, f"Room {number}", HOUR)
    simulator.requests.clear()
    top = await ask("browse", ROOT)
    assert _paths(simulator) == []
    days = await _child(ask, top, "By day")
    assert _paths(simulator) == ["Recordings"]
    today = await _child(ask, days, "Today")
    assert _paths(simulator) == ["Recordings", "Calls", "Conferences"]
    assert len(_titles(today)) == 100
    assert all("Room" in title or "+1555" in title for title in _titles(today))
    # Who talked to whom is not asked twice.
    await _child(ask, days, "Today")
    calls = await _child(ask, top, "By call")
    assert _paths(simulator) == ["Recordings", "Recordings"]
    await _child(ask, calls, "Room 17")
    assert _paths(simulator) == ["Recordings"]
    await ask("resolve", today["children"][0]["media_content_id"])
    assert _paths(simulator) == []
    await ask("search", ROOT, search_query="room 12")
    assert _paths(simulator) == ["Recordings"]


async def test_a_few_calls_are_read_alone(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    past_recording(simulator, HOUR)
    past_conference(simulator, "Front desk", HOUR)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    simulator.requests.clear()
    await _child(ask, days, "Today")
    assert sorted((request.method, request.path.count("?")) for request in simulator.requests) == [
        ("GET", 0),
        ("GET", 0),
        ("GET", 1),
    ]


async def test_calls_that_no_list_shows_cost_a_bounded_number_of_requests(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    for _ in range(30):
        past_recording(simulator, HOUR)
    for call in simulator.space.calls.values():
        call.created -= 10 * HOUR
    days = await _child(ask, await ask("browse", ROOT), "By day")
    simulator.requests.clear()
    today = await _child(ask, days, "Today")
    assert len(simulator.requests) == 2 + MAX_SINGLE_READS
    assert sum("→" in title for title in _titles(today)) == MAX_SINGLE_READS


@pytest.mark.parametrize("ages", [(100, 200, 300), (100, 100, 100)])
async def test_a_busy_day_comes_in_pieces_and_nothing_is_lost_or_doubled(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator, ages: tuple[int, ...]
) -> None:
    # Many in the same second, over the ends of the pieces.
    for age in ages:
        simulator.space.add_recordings(count=150, age=age)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    assert _titles(days) == ["Today · Friday, November 20, 2026 (450)"]
    shown: list[str] = []
    level = await _child(ask, days, "Today")
    sizes = []
    while True:
        here = [child for child in level["children"] if not child["can_expand"]]
        sizes.append(len(here))
        shown += [child["media_content_id"].rpartition("/")[2] for child in here]
        if not level["children"][-1]["can_expand"]:
            break
        simulator.requests.clear()
        level = await ask("browse", level["children"][-1]["media_content_id"])
        assert _paths(simulator)[0] == "Recordings"
    assert sizes == [MAX_SHOWN, MAX_SHOWN, 50]
    assert sorted(shown) == sorted(f"{sid}.mp3" for sid in simulator.space.recordings)


async def test_more_than_a_page_leaves_days_whose_number_is_not_known(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=600, age=100)
    simulator.space.add_recordings(count=600, age=DAY.total_seconds())
    simulator.space.add_recordings(count=3, age=(20 * DAY).total_seconds())
    simulator.requests.clear()
    days = await _child(ask, await ask("browse", ROOT), "By day")
    assert len(simulator.requests) == 1
    titles = _titles(days)
    assert titles[:3] == [
        "Today · Friday, November 20, 2026 (600)",
        "Yesterday · Thursday, November 19, 2026",
        "Wednesday, November 18, 2026",
    ]
    assert len(titles) == 14 + 1
    assert titles[-1] == "Older…"
    older = await ask("browse", days["children"][-1]["media_content_id"])
    assert _titles(older) == ["Saturday, October 31, 2026 (3)"]


async def test_days_long_ago_are_reached(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    for number in range(40):
        past_recording(simulator, number * DAY + HOUR)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    assert len(_titles(days)) == 31 + 1
    older = await ask("browse", days["children"][-1]["media_content_id"])
    assert len(_titles(older)) == 9
    assert not set(_titles(older)) & set(_titles(days))


async def test_calls_go_on_further_down(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    for number in range(MAX_SHOWN + 5):
        past_recording(simulator, timedelta(minutes=number))
    calls = await _child(ask, await ask("browse", ROOT), "By call")
    assert _titles(calls)[-1] == "Older…"
    assert len(_titles(await ask("browse", calls["children"][-1]["media_content_id"]))) == 5


async def test_a_call_lists_its_recordings(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    simulator.space.start_recording(call_sid=call.sid)
    simulator.space.hang_up(call.sid)
    past_recording(simulator, HOUR)
    calls = await _child(ask, await ask("browse", ROOT), "By call")
    assert _titles(calls)[0] == "+15550100 → +15550101 · Nov 20, 2026 12:00\u202fPM (2)"
    here = await ask("browse", calls["children"][0]["media_content_id"])
    assert len(_titles(here)) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("0142", 1),
        ("(555) 555-0142", 1),
        ("+1 555 555 01 42", 1),
        ("front DESK", 1),
        ("anna", 1),
        ("2026-11-19", 1),
        ("2026-11-20", 4),
        ("2026-11-20 0142", 1),
        ("2026-11-19 0142", 0),
        ("absent", 1),
        ("555", 4),
        ("nobody", 0),
        ("", 5),
    ],
)
async def test_recordings_are_found_by_number_name_and_date(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator, query: str, found: int
) -> None:
    past_recording(simulator, HOUR, from_number="+15555550142")
    past_recording(simulator, HOUR, from_number="sip:anna@example.com")
    past_recording(simulator, HOUR, status=Status.ABSENT)
    past_conference(simulator, "Front desk", 2 * HOUR)
    past_recording(simulator, DAY)
    answer = await ask("search", ROOT, search_query=query)
    assert len(answer["result"]) == found
    assert all(not media["can_expand"] for media in answer["result"])


async def test_what_is_remembered_is_bounded(
    hass: HomeAssistant,
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "_MAX_KEPT", 20)
    assert await hass.config_entries.async_reload(loaded.entry_id)
    for number in range(4):
        for _ in range(15):
            past_recording(simulator, number * DAY + HOUR)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    for day in days["children"]:
        assert all("→" in title for title in _titles(await ask("browse", day["media_content_id"])))
    kept = loaded.runtime_data.project.library
    assert len(kept._playable) <= 20
    assert len(kept._parties) <= 20 + 15


async def test_no_list_is_read_without_end_for_names(
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browse, "_MAX_CALLS_SEARCHED", 20)
    monkeypatch.setattr(library, "MAX_PAGE", 20)
    for number in range(30):
        past_recording(simulator, timedelta(minutes=number))
        past_conference(simulator, "Room", timedelta(minutes=number))
    answer = await ask("search", ROOT, search_query="0100")
    assert len(answer["result"]) == 10
    answer = await ask("search", ROOT, search_query="room")
    assert len(answer["result"]) == 10


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
async def test_a_day_at_the_end_of_the_calendar_is_no_day(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator, day: str
) -> None:
    past_recording(simulator, DAY)
    assert (await ask("search", ROOT, search_query=day))["result"] == []


async def test_a_search_stays_where_it_is_made_and_is_bounded(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1100, age=100)
    call = call_with_recording(simulator)
    simulator.space.hang_up(call.sid)
    past_recording(simulator, DAY)
    top = await ask("browse", ROOT)
    days = await _child(ask, top, "By day")
    simulator.requests.clear()
    answer = await ask("search", ROOT, search_query="0100")
    assert len(answer["result"]) == MAX_FOUND
    assert _paths(simulator) == ["Recordings", "Calls", "Calls"]
    yesterday = days["children"][1]["media_content_id"]
    answer = await ask("search", yesterday, search_query="0100")
    assert len(answer["result"]) == 1
    calls = await _child(ask, top, "By call")
    answer = await ask("search", calls["children"][0]["media_content_id"], search_query="")
    assert len(answer["result"]) == 1
    a_call = calls["children"][0]["media_content_id"]
    assert (await ask("search", a_call, search_query="2001-01-01"))["result"] == []
    answer = await ask("search", ROOT, search_query="0100", media_filter_classes=["image"])
    assert answer["result"] == []


async def test_a_recording_plays_through_home_assistant(
    hass: HomeAssistant,
    calendar: FrozenDateTimeFactory,
    ask: Ask,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    recording = past_recording(simulator, HOUR)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    (shown,) = (await _child(ask, days, "Today"))["children"]
    assert shown["can_play"]
    answer = await ask("resolve", shown["media_content_id"])
    assert answer["mime_type"] == "audio/mpeg"
    address = f"/api/signalwire/recordings/{loaded.entry_id}/{recording.sid}.mp3"
    assert answer["url"].startswith(f"{address}?authSig=")
    player = await hass_client_no_auth()
    assert (await player.get(answer["url"])).status == 200
    # As a media player without login gets it; as WAV, if somebody prefers that.
    media = await async_resolve_media(
        hass, shown["media_content_id"].replace(".mp3", ".wav"), "media_player.kitchen"
    )
    assert media.mime_type == "audio/wav"
    url = async_process_play_media_url(hass, media.url, allow_relative_url=True)
    assert (await player.get(url)).status == 200


@pytest.mark.parametrize("status", [Status.ABSENT, Status.FAILED, Status.IN_PROGRESS])
async def test_what_has_no_audio_is_shown_and_not_played(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator, status: Status
) -> None:
    past_recording(simulator, HOUR, status=status)
    days = await _child(ask, await ask("browse", ROOT), "By day")
    (shown,) = (await _child(ask, days, "Today"))["children"]
    assert not shown["can_play"]
    words = {"absent": "Absent", "failed": "Failed", "in-progress": "Recording"}
    assert shown["title"].startswith(f"{words[status]} · ")
    answer = await ask("resolve", shown["media_content_id"])
    assert answer["code"] == "resolve_media_failed"
    is_live = status is Status.IN_PROGRESS
    assert ("still being recorded" in answer["message"]) is is_live
    assert ("may have been deleted" in answer["message"]) is not is_live


@pytest.mark.parametrize(
    "place",
    [
        "nonsense",
        "{entry}/nonsense",
        "{entry}/day",
        "{entry}/day/yesterday",
        "{entry}/day/0001-01-01",
        "{entry}/day/2026-11-20/before-1",
        "{entry}/call/",
        "{entry}/recording/x.mp3",
        "{entry}/days/more/and/more",
        "{entry}//",
    ],
)
async def test_a_place_that_is_none_is_an_error(
    ask: Ask, loaded: MockConfigEntry, simulator: Simulator, place: str
) -> None:
    place = f"{ROOT}/{place.format(entry=loaded.entry_id)}"
    simulator.requests.clear()
    assert (await ask("browse", place))["code"] == "browse_media_failed"
    assert (await ask("resolve", place))["code"] == "resolve_media_failed"
    assert not simulator.requests


async def test_a_recording_of_another_project_is_not_played(
    ask: Ask, loaded: MockConfigEntry
) -> None:
    sid = "0b6a2c1e-1f3d-4a5b-8c7d-9e0f1a2b3c4d"
    answer = await ask("resolve", f"{ROOT}/{loaded.entry_id}/recording/{sid}.mp3")
    assert answer["code"] == "resolve_media_failed"
    assert "deleted" in answer["message"]


@pytest.mark.parametrize("kind", ["browse", "resolve", "search"])
async def test_a_service_that_is_down_is_told_of(
    ask: Ask, loaded: MockConfigEntry, simulator: Simulator, kind: str
) -> None:
    simulator.faults.add(Fault(status=400, body='{"code": 7, "message": "Out of order"}'))
    sid = "0b6a2c1e-1f3d-4a5b-8c7d-9e0f1a2b3c4d"
    place = f"{ROOT}/{loaded.entry_id}"
    place += f"/recording/{sid}.mp3" if kind == "resolve" else "/days"
    query = {"search_query": "x"} if kind == "search" else {}
    answer = await ask(kind, place, **query)
    assert "Out of order" in answer["message"]


async def test_several_projects_are_told_apart(
    hass: HomeAssistant, ask: Ask, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    second = MockConfigEntry(
        domain="signalwire", title="Bakery", unique_id="other", data=entry_data(simulator)
    )
    second.add_to_hass(hass)
    assert await hass.config_entries.async_setup(second.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.requests.clear()
    top = await ask("browse", ROOT)
    assert _titles(top) == ["Bakery", TITLE]
    assert _titles(await _child(ask, top, "Bakery")) == ["By day", "By call"]
    assert not simulator.requests
    past_recording(simulator)
    assert len((await ask("search", ROOT, search_query="555"))["result"]) == 2


async def test_without_a_project_there_is_an_error_that_says_so(
    hass: HomeAssistant, ask: Ask, loaded: MockConfigEntry
) -> None:
    place = f"{ROOT}/{loaded.entry_id}/days"
    assert await hass.config_entries.async_unload(loaded.entry_id)
    for kind, where in (("browse", place), ("browse", ROOT), ("resolve", place), ("resolve", ROOT)):
        assert (await ask(kind, where))["code"] == f"{kind}_media_failed"
    assert (await ask("search", ROOT, search_query="x"))["result"] == []


async def test_a_recording_without_dates_and_call_breaks_nothing(
    ask: Ask, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    body = json.dumps({"recordings": [{"sid": "1", "status": "completed"}]})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    for level in ("days", "calls"):
        assert _titles(await ask("browse", f"{ROOT}/{loaded.entry_id}/{level}")) == []
    day = await ask("browse", f"{ROOT}/{loaded.entry_id}/day/2026-11-20")
    (shown,) = day["children"]
    assert not shown["can_play"]
    assert len((await ask("search", ROOT, search_query=""))["result"]) == 1


async def test_no_secret_is_in_the_tree(
    calendar: FrozenDateTimeFactory, ask: Ask, simulator: Simulator
) -> None:
    past_recording(simulator, HOUR)
    top = await ask("browse", ROOT)
    days = await _child(ask, top, "By day")
    today = await _child(ask, days, "Today")
    played = await ask("resolve", today["children"][0]["media_content_id"])
    for answer in (top, days, today, played):
        text = json.dumps(answer)
        for secret in (PROJECT_ID, TOKEN, "/Accounts/", simulator.url):
            assert secret not in text


async def test_unresolvable_is_what_other_integrations_get(hass: HomeAssistant, ask: Ask) -> None:
    with pytest.raises(Unresolvable):
        await async_resolve_media(hass, f"{ROOT}/nonsense", None)
