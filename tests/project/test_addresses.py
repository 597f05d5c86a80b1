"""Addresses: which spellings are the same, and what is stored."""

import pytest

from custom_components.signalwire.project.addresses import address_key, canonical_address


@pytest.mark.parametrize(
    "spellings",
    [
        ("+12015550142", "+1 (201) 555-0142", "0012015550142", "12015550142", "tel:+12015550142"),
        ("+12015550142", "\u202a+1\u00a0201\u2011555\u20110142\u202c", "+\uff11 201 555 0142"),
        ("+12015550142", "+١٢٠١٥٥٥٠١٤٢"),
        (
            "desk@shop.example.com",
            "sip:desk@shop.example.com",
            "SIPS:Desk@Shop.Example.Com:5061;transport=tls?x=y",
            '"The desk" <sip:desk:secret@shop.example.com;user=phone>',
        ),
        ("Morning round", "morning  ROUND", " Morning round "),
        ("101", "1-0-1"),
        ("/private/front-desk", "/Private/Front-Desk"),
    ],
)
def test_spellings_of_one_address_have_one_key(spellings: tuple[str, ...]) -> None:
    assert len(set(map(address_key, spellings))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+12015550142", "+12015550143"),
        ("desk@shop.example.com", "desk@other.example.com"),
        ("desk@shop.example.com", "till@shop.example.com"),
        ("Morning round", "Evening round"),
        ("+12015550142", "Room 12015550142"),
    ],
)
def test_different_addresses_have_different_keys(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    ("text", "country", "stored"),
    [
        ("(201) 555-0142", "US", "+12015550142"),
        ("030 901820", "DE", "+4930901820"),
        ("+49 (0)30 901820", "US", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("sip:Desk@Shop.Example.com;transport=udp", None, "desk@shop.example.com"),
        (" Morning  round ", None, "Morning round"),
        ("101", "US", "101"),
        ("030 901820", None, None),
        ("+1555", None, None),
        ("", None, None),
        ("\u200b", None, None),
        ("()", None, "()"),
    ],
)
def test_an_address_is_stored_in_one_form(
    text: str, country: str | None, stored: str | None
) -> None:
    assert canonical_address(text, country) == stored


@pytest.mark.parametrize("text", ["+12015550142", "desk@shop.example.com", "Morning round", "101"])
def test_what_is_stored_is_its_own_form(text: str) -> None:
    assert canonical_address(text, "US") == text
