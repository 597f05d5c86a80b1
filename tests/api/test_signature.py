"""Signatures, made here by the `twilio` SDK's own code where it has one."""

from base64 import b64encode
import hashlib
import hmac
import json

from multidict import MultiDict
import pytest
from twilio.request_validator import RequestValidator

from custom_components.signalwire.api import (
    CallbackContent,
    MalformedAnswerError,
    RecordingCallback,
    RecordingStatus,
    is_signed,
)

KEY = "PSK_a-key-that-nobody-knows"
URL = "https://home.example.org/api/webhook/abc"
FORM = {
    "AccountSid": "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d",
    "CallSid": "",
    "RecordingSid": "0c1f5e5f-9d0b-4a47-8f5c-0b7f7a6b1c2d",
    "RecordingStatus": "in-progress",
    "RecordingUrl": "https://example.org/ä?x=1&y=2",
}
SIGNATURE = "X-SignalWire-Signature"
SHA256 = "X-SignalWire-Sha256-Signature"


def _of_form(url: str, form: dict[str, str]) -> str:
    return str(RequestValidator(KEY).compute_signature(url, form))


def _by_hand(url: str, form: dict[str, str]) -> str:
    """Return the signature over the address as it is: the SDK leaves any port out."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac.digest(KEY.encode(), text.encode(), "sha1")).decode()


def _accepts(
    urls: list[str], headers: dict[str, str], form: dict[str, str] | None, body: bytes = b""
) -> bool:
    fields = None if form is None else {name: [value] for name, value in form.items()}
    return is_signed(KEY, urls, headers, fields=fields, body=body)


@pytest.mark.parametrize("header", [SIGNATURE, "X-Twilio-Signature"])
def test_a_form_signed_by_the_sdk_is_genuine(header: str) -> None:
    assert _accepts([URL], {header: _of_form(URL, FORM)}, FORM)


def test_a_field_that_comes_twice_is_signed_as_the_sdk_does_it() -> None:
    form = MultiDict([("b", "2"), ("a", "x"), ("b", "1"), ("b", "2")])
    signature = str(RequestValidator(KEY).compute_signature(URL, form))
    fields = {name: form.getall(name) for name in form}
    assert is_signed(KEY, [URL], {SIGNATURE: signature}, fields=fields, body=b"")


def test_a_get_is_signed_by_its_address_alone() -> None:
    url = f"{URL}?RecordingSid=1&RecordingStatus=completed"
    assert _accepts([url], {SIGNATURE: _of_form(url, {})}, {})
    assert not _accepts([f"{url}x"], {SIGNATURE: _of_form(url, {})}, {})


@pytest.mark.parametrize(("header", "algorithm"), [(SIGNATURE, "sha1"), (SHA256, "sha256")])
def test_a_raw_body_is_signed_in_hex(header: str, algorithm: str) -> None:
    body = b'{"RecordingSid": "1"}'
    digest = hmac.new(KEY.encode(), URL.encode() + body, getattr(hashlib, algorithm))
    assert _accepts([URL], {header: digest.hexdigest()}, None, body)
    assert not _accepts([URL], {header: digest.hexdigest()}, None, body + b" ")


def test_the_better_signature_counts_alone() -> None:
    body = b"{}"
    good = hmac.new(KEY.encode(), URL.encode() + body, "sha1").hexdigest()
    assert _accepts([URL], {SIGNATURE: good}, None, body)
    assert not _accepts([URL], {SIGNATURE: good, SHA256: good}, None, body)


@pytest.mark.parametrize(
    ("known", "signed"),
    [
        ("https://home.example.org/hook", "https://home.example.org:443/hook"),
        ("https://home.example.org:443/hook?a=1", "https://home.example.org/hook?a=1"),
        ("http://192.0.2.1/hook", "http://192.0.2.1:80/hook"),
        ("http://[2001:db8::1]:80/hook", "http://[2001:db8::1]/hook"),
        ("https://home.example.org:8123/hook", "https://home.example.org/hook"),
        ("https://home.example.org:8123/hook", "https://home.example.org:8123/hook"),
    ],
)
def test_a_port_that_the_signer_left_out_or_added_makes_no_difference(
    known: str, signed: str
) -> None:
    assert _accepts([known], {SIGNATURE: _of_form(signed, {})}, {})


def test_every_address_that_the_sdk_accepts_is_accepted() -> None:
    for port in ("", ":443", ":8123"):
        known = f"https://home.example.org{port}/hook"
        for signed_port in ("", ":443", ":8123"):
            signed = f"https://home.example.org{signed_port}/hook"
            signature = _by_hand(signed, FORM)
            if RequestValidator(KEY).validate(known, FORM, signature):
                assert _accepts([known], {SIGNATURE: signature}, FORM), (known, signed)


def test_json_may_be_signed_like_a_form() -> None:
    fields = {"RecordingSid": FORM["RecordingSid"], "RecordingStatus": "completed"}
    signature = _of_form(URL, fields)
    content = CallbackContent.from_body("application/json", json.dumps(fields).encode())
    assert RequestValidator(KEY).validate(URL, fields, signature)
    assert is_signed(
        KEY, [URL], {SIGNATURE: signature}, fields=content.signed_fields, body=content.body
    )
    other = CallbackContent.from_body(
        "application/json", json.dumps({**fields, "RecordingStatus": "failed"}).encode()
    )
    assert not is_signed(
        KEY, [URL], {SIGNATURE: signature}, fields=other.signed_fields, body=other.body
    )


def test_the_plain_values_of_json_are_signed_as_javascript_writes_them() -> None:
    body = b'{"a": 1, "b": true, "c": null, "d": "x"}'
    content = CallbackContent.from_body("application/json", body)
    signature = _by_hand(URL, {"a": "1", "b": "true", "c": "null", "d": "x"})
    assert is_signed(KEY, [URL], {SIGNATURE: signature}, fields=content.signed_fields, body=body)
    nested = CallbackContent.from_body("application/json", b'{"a": {"b": 1}}')
    assert nested.signed_fields is None


@pytest.mark.parametrize(
    "other",
    [
        "http://home.example.org/api/webhook/abc",
        "https://home.example.org:80/api/webhook/abc",
        "https://home.example.org:8123/api/webhook/abc",
        "https://home.example.com/api/webhook/abc",
    ],
)
def test_another_address_is_not_genuine(other: str) -> None:
    # The SDK itself leaves any port out, so this is made by hand.
    digest = hmac.new(KEY.encode(), other.encode() + b"{}", "sha1").hexdigest()
    assert not _accepts([URL], {SIGNATURE: digest}, None, b"{}")
    assert _accepts([URL, other], {SIGNATURE: digest}, None, b"{}")


@pytest.mark.parametrize("signature", ["", "nonsense", "ä\udcff", "0" * 40])
def test_anything_else_is_refused(signature: str) -> None:
    assert not _accepts([URL], {SIGNATURE: signature}, FORM)
    assert not _accepts([URL], {SHA256: signature}, FORM)
    assert not _accepts(["nonsense"], {SIGNATURE: signature}, FORM)
    assert not _accepts([], {SIGNATURE: signature}, FORM)


def test_no_signature_is_none() -> None:
    assert not _accepts([URL], {}, FORM)


def test_another_key_is_refused() -> None:
    signature = str(RequestValidator("another").compute_signature(URL, FORM))
    assert not _accepts([URL], {SIGNATURE: signature}, FORM)


def test_what_a_callback_says_is_found_in_every_form() -> None:
    sid = FORM["RecordingSid"]
    body = f"RecordingSid={sid}&RecordingStatus=completed".encode()
    expected = RecordingCallback(recording_sid=sid, status=RecordingStatus.COMPLETED)
    for content in (
        CallbackContent.from_query(body.decode()),
        CallbackContent.from_body("application/x-www-form-urlencoded; charset=utf-8", body),
        CallbackContent.from_body(
            "Application/JSON",
            b'{"RecordingSid": "%s", "RecordingStatus": "completed"}' % sid.encode(),
        ),
    ):
        assert RecordingCallback.from_fields(content.fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"RecordingSid": ""},
        {"RecordingSid": 5},
        {"RecordingSid": "../../../Accounts/x"},
        {"RecordingSid": "0c1f5e5f\n"},
        {"RecordingSid": "a" * 65},
    ],
)
def test_a_callback_has_to_name_a_recording(fields: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswerError):
        RecordingCallback.from_fields(fields)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[]"),
        ("application/json", b'{"RecordingSid": '),
        ("text/plain", b"RecordingSid=1"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("", b""),
    ],
)
def test_other_bodies_are_no_callback(content_type: str, body: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        CallbackContent.from_body(content_type, body)


def test_an_unknown_status_is_no_reason_to_turn_a_callback_away() -> None:
    callback = RecordingCallback.from_fields({"RecordingSid": "0c1f5e5f", "RecordingStatus": "new"})
    assert callback.status is RecordingStatus.UNKNOWN
