import pytest

from custom_components.signalwire.api import InvalidSpaceError, parse_space


@pytest.mark.parametrize(
    "address",
    [
        "example",
        " Example ",
        "example.signalwire.com",
        "EXAMPLE.SignalWire.com",
        "https://example.signalwire.com",
        "https://example.signalwire.com/",
        "https://example.signalwire.com:443",
        "example.signalwire.com.",
        "http://example.signalwire.com",
        "https://example.signalwire.com/api/laml/",
        "https://example.signalwire.com/api/laml/2010-04-01/Accounts",
        "https://example.signalwire.com/dashboard?page=1#top",
    ],
)
def test_every_way_to_type_a_space_means_the_same(address: str) -> None:
    assert str(parse_space(address)) == "https://example.signalwire.com"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("gateway.example.org", "https://gateway.example.org"),
        ("https://gateway.example.org:8443/", "https://gateway.example.org:8443"),
        ("http://127.0.0.1:8880", "http://127.0.0.1:8880"),
        ("http://localhost:8880/", "http://localhost:8880"),
        ("http://[::1]:8880", "http://[::1]:8880"),
        ("https://192.168.1.5", "https://192.168.1.5"),
        ("gateway.example.org/api/laml/", "https://gateway.example.org"),
        ("https://gateway.example.org/api/laml/2010-04-01", "https://gateway.example.org"),
        ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("https://example.signalwire.com:8443", "https://example.signalwire.com:8443"),
    ],
)
def test_other_hosts_are_taken_as_they_are(address: str, origin: str) -> None:
    assert str(parse_space(address)) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "two words",
        "-example",
        "https://",
        "https://gateway.example.org/behind/a/path",
        "https://gateway.example.org/?page=1",
        "https://gateway.example.org/#top",
        "https://signalwire.com.example.org/dashboard",
        "https://name:secret@example.signalwire.com",
        "ftp://example.signalwire.com",
        "https://example.signalwire.com:port",
        "https://exa mple.com",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidSpaceError):
        parse_space(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://example.signalwire.com:8080",
        "http://gateway.example.org",
        "http://192.168.1.5:8880",
        "http://127.example.org",
    ],
)
def test_plain_http_is_refused_for_every_host_but_the_own_machine(address: str) -> None:
    with pytest.raises(InvalidSpaceError, match="Plain HTTP"):
        parse_space(address)
