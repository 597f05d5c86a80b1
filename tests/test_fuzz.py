"""Whatever comes from outside, nothing but the package's own errors comes out."""

import asyncio
from base64 import b64encode
from datetime import timedelta
import hmac
import json

from aiohttp import ClientSession, web
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
import pytest
from yarl import URL

from custom_components.signalwire.api import (
    Account,
    Call,
    CallbackContent,
    Conference,
    MalformedAnswerError,
    Recording,
    RecordingCallback,
    RetryPolicy,
    SignalWireClient,
    SignalWireError,
    is_signed,
)
from custom_components.signalwire.api.parsing import (
    parse_count,
    parse_date,
    parse_object,
    parse_price,
    parse_text,
)
from custom_components.signalwire.fields import recording_fields, recording_response

QUICK = settings(derandomize=True, max_examples=150, deadline=None, database=None)
ONE_TRY = RetryPolicy(attempts=1, total=2, attempt=2)

# Any JSON there is, and much that looks like what the service sends.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        [
            "in-progress",
            "completed",
            "IN_PROGRESS",
            " Paused ",
            "processing",
            "resumed",
            "StartConferenceRecordingAPI",
            "usd",
            "20404",
            "Tue, 25 Sep 2018 12:00:05 +0000",
            "Tue, 99 Sep 2018 99:00:05 +0000",
            "Tue, 25 Sep 0000 12:00:05 +0000",
            "Sat, 01 Jan 0001 00:00:00 +1400",
            "Fri, 31 Dec 9999 23:59:59 -1200",
            "9" * 5000,
            "1e999",
            "NaN",
            "-0.0025",
            "٣",
            "\ud800",
            "/api/laml/2010-04-01/Accounts/p/Recordings.json?Page=1",
            "/2010-04-01/Accounts/p/Recordings.json?Page=2",
            "http://gateway.local:8080/api/laml/2010-04-01/Accounts/p/Recordings.json?Page=3",
            "/api/laml/2010-04-01/Accounts/another/Recordings.json",
            "",
            "https://[",
            "//elsewhere.example/",
        ]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        *("sid", "status", "call_sid", "conference_sid", "date_created", "date_updated"),
        *("start_time", "end_time", "duration", "channels", "channel", "source", "price"),
        *("price_unit", "trim", "error_code", "friendly_name", "signing_key", "from", "to"),
        *("recordings", "calls", "conferences", "next_page_uri", "errors", "code", "message"),
        *("protect_recordings", "api_version", "encryption_details", "account_sid", "uri"),
        "subresource_uris",
    ]
)
OBJECTS = st.dictionaries(FIELDS | st.text(), JSON, max_size=12)
RECORDINGS = st.fixed_dictionaries(
    {"sid": st.text(min_size=1), "status": st.text(min_size=1)},
    optional=dict.fromkeys(
        (
            *("call_sid", "conference_sid", "date_created", "date_updated", "start_time"),
            *("end_time", "duration", "price", "price_unit", "source", "error_code", "uri"),
        ),
        JSON,
    ),
)


@QUICK
@given(data=OBJECTS | RECORDINGS)
@pytest.mark.parametrize("model", [Account, Call, Conference, Recording])
def test_any_object_is_read_or_is_malformed(
    model: type[Account | Call | Conference | Recording], data: dict[str, object]
) -> None:
    try:
        thing = model.from_json(data)
    except MalformedAnswerError:
        return
    if isinstance(thing, Recording):
        # What can be read can also be shown, compared and put in order.
        assert recording_fields(thing)["sid"] == thing.sid
        assert recording_response(thing)["sid"] == thing.sid
        assert isinstance(thing.is_active, bool)
        assert thing.started is None or thing.started.utcoffset() == timedelta(0)


@QUICK
@given(value=JSON)
def test_any_value_is_a_number_a_price_a_date_a_text_or_none(value: object) -> None:
    assert (count := parse_count(value)) is None or 0 <= count < 2**53
    assert (price := parse_price(value)) is None or price.is_finite()
    assert (date := parse_date(value)) is None or date.utcoffset() == timedelta(0)
    assert parse_text(value) in (None, value)


@QUICK
@given(
    text=st.from_regex(
        r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2,3} \d{4} [\d:. ]{8} [+-]\d{4}", fullmatch=True
    )
)
def test_any_date_is_read_or_is_none(text: str) -> None:
    assert (date := parse_date(text)) is None or date.utcoffset() == timedelta(0)


@QUICK
@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode(errors="replace")))
def test_any_body_is_an_object_or_is_malformed(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except MalformedAnswerError:
        return


BODIES = (
    st.binary(max_size=200)
    | st.just(b"<html>Bad gateway</html>")
    | st.builds(
        lambda page: json.dumps(page).encode(errors="replace"),
        OBJECTS
        | st.fixed_dictionaries(
            {"recordings": st.lists(RECORDINGS | JSON, max_size=4)},
            optional={"next_page_uri": JSON},
        )
        | st.fixed_dictionaries({"errors": JSON})
        | RECORDINGS,
    )
)
HEADER_VALUES = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")
) | st.sampled_from(["0", "-1", "1e9", "soon", "Tue, 25 Sep 2018 12:00:05 GMT", "9" * 400])


async def test_any_answer_is_taken_or_is_one_of_our_errors() -> None:
    answers = st.tuples(
        st.sampled_from([200, 200, 200, 204, 302, 400, 401, 404, 422, 429, 500, 503]),
        st.dictionaries(
            st.sampled_from(["Retry-After", "Date", "Location"]), HEADER_VALUES, max_size=3
        ),
        BODIES,
    )
    given_answer: list[tuple[int, dict[str, str], bytes]] = []

    async def answer(_: web.Request) -> web.Response:
        status, headers, body = given_answer[-1]
        return web.Response(status=status, headers=headers, body=b"" if status == 204 else body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    origin = URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
    recording = Recording.from_json({"sid": "r1", "status": "in-progress", "call_sid": "c1"})
    # Whether an error has more than one line; None where there was none.
    outcomes: list[bool | None] = []
    ten_years = timedelta(days=3650)

    async def ask() -> None:
        async with ClientSession() as session:
            client = SignalWireClient(session, origin, "p", "t", retry_policy=ONE_TRY)
            for request in (
                lambda: client.list_recordings(limit=3),
                lambda: client.get_recording("r1"),
                lambda: client.update_recording(recording, recording.status),
                lambda: client.delete_recording("r1"),
                client.get_account,
                client.is_protected,
                lambda: client.set_protected(protected=True),
            ):
                try:
                    await request()
                except SignalWireError as err:
                    outcomes.append("\n" in str(err))
                else:
                    outcomes.append(None)
            # There is a past to look back to, and a future.
            assert client.service_time() - ten_years < client.service_time() + ten_years

    loop = asyncio.get_running_loop()

    @settings(QUICK, suppress_health_check=[HealthCheck.too_slow])
    @given(drawn=answers)
    @example(drawn=(200, {"Date": "Sat, 01 Jan 0001 00:00:00 +1400"}, b"{}"))
    @example(drawn=(200, {"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, b"{}"))
    @example(drawn=(429, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1200"}, b""))
    @example(drawn=(200, {}, b'{"recordings": [], "next_page_uri": "https://["}'))
    @example(drawn=(200, {}, b'{"recordings": [1], "next_page_uri": "?Page=\\ud800"}'))
    @example(drawn=(400, {}, b'{"errors": [{"code": 1e999, "message": "\\ud800"}]}'))
    def fuzz(drawn: tuple[int, dict[str, str], bytes]) -> None:
        given_answer.append(drawn)
        asyncio.run_coroutine_threadsafe(ask(), loop).result(30)

    await asyncio.to_thread(fuzz)
    await runner.cleanup()
    # Both kinds of outcome were seen, or this has tried nothing.
    assert set(outcomes) == {None, False}


CONTENT_TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "APPLICATION/JSON",
        "text/plain",
        "",
        ";",
    ]
)
CALLBACKS = (
    st.binary(max_size=200)
    | OBJECTS.map(lambda fields: json.dumps(fields).encode(errors="replace"))
    | st.sampled_from(
        [b"RecordingSid=%FF%FE", b"RecordingSid=a&RecordingSid=b", b"=&=&;", b"%", b"{}", b"\x00"]
    )
)


@QUICK
@given(content_type=CONTENT_TYPES | st.text(), body=CALLBACKS)
def test_any_callback_is_read_or_is_malformed(content_type: str, body: bytes) -> None:
    try:
        content = CallbackContent.from_body(content_type, body)
        callback = RecordingCallback.from_fields(content.fields)
    except MalformedAnswerError:
        return
    assert callback.recording_sid.isascii()


@QUICK
@given(query=st.text())
def test_any_query_is_read_or_is_malformed(query: str) -> None:
    content = CallbackContent.from_query(query)
    try:
        RecordingCallback.from_fields(content.fields)
    except MalformedAnswerError:
        return


HEADERS = st.dictionaries(
    st.sampled_from(
        ["X-SignalWire-Signature", "X-Twilio-Signature", "X-SignalWire-Sha256-Signature"]
    ),
    st.text(),
)
FORMS = st.none() | st.dictionaries(st.text(), st.lists(st.text(), max_size=3), max_size=4)


@QUICK
@given(
    key=st.text(min_size=1),
    urls=st.lists(st.text() | st.just("https://home.example:443/api/webhook/1"), max_size=3),
    headers=HEADERS,
    form=FORMS,
    body=st.binary(),
)
def test_nothing_is_signed_by_chance(
    key: str,
    urls: list[str],
    headers: dict[str, str],
    form: dict[str, list[str]] | None,
    body: bytes,
) -> None:
    assert not is_signed(key, urls, headers, fields=form, body=body)


@QUICK
@given(key=st.text(min_size=1), path=st.text(), body=st.binary())
def test_whatever_is_signed_with_the_key_is_signed(key: str, path: str, body: bytes) -> None:
    url = f"https://home.example/{path}"
    signature = hmac.digest(key.encode(), url.encode() + body, "sha256").hex()
    header = {"X-SignalWire-Sha256-Signature": signature}
    assert is_signed(key, [url], header, fields=None, body=body)
    assert not is_signed(f"{key}x", [url], header, fields=None, body=body)


@QUICK
@given(form=st.dictionaries(st.text(), st.lists(st.text(), min_size=1, max_size=3), max_size=4))
def test_a_form_that_is_changed_is_no_longer_signed(form: dict[str, list[str]]) -> None:
    url = "https://home.example/"
    text = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    signature = b64encode(hmac.digest(b"key", text.encode(), "sha1")).decode()
    header = {"X-SignalWire-Signature": signature}
    assert is_signed("key", [url], header, fields=form, body=b"")
    changed = {**form, "RecordingSid": ["another"]}
    assume(changed != form)
    assert not is_signed("key", [url], header, fields=changed, body=b"")
