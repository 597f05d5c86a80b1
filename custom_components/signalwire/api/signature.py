"""Proves that a callback comes from SignalWire: it is signed with the project's signing key."""

from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
import hmac
import re

_SHA256_HEADER = "X-SignalWire-Sha256-Signature"
_HEADERS = ("X-SignalWire-Signature", "X-Twilio-Signature")
_STANDARD_PORTS = {"http": "80", "https": "443"}
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\]]*\]|[^/?#:]+)(:(?P<port>\d+))?(?P<rest>.*)", re.DOTALL
)


def is_signed(
    key: str,
    urls: Iterable[str],
    headers: Mapping[str, str],
    *,
    fields: Mapping[str, Collection[str]] | None,
    body: bytes,
) -> bool:
    """Return whether a request was signed with the key for one of the addresses.

    `urls` are the addresses that the service may have been given, each with the query of the
    request. `fields` are those of a form or of a flat JSON object, empty for a request without a
    body, and None where the body has no such fields. The forms of a signature are those that
    SignalWire's SDKs accept: base64 of HMAC-SHA1 over the sorted fields, hex of HMAC-SHA1 or
    HMAC-SHA256 over a raw body, each behind the address; HMAC-SHA256 counts alone where it is
    there.
    """
    given = headers.get(_SHA256_HEADER)
    if given is not None:
        return any(
            _same(given, _digest(key, url.encode() + body, "sha256").hex())
            for url in _variants(urls)
        )
    given = next((headers[name] for name in _HEADERS if name in headers), None)
    if given is None:
        return False
    return any(
        _same(given, _digest(key, url.encode() + body, "sha1").hex())
        or (fields is not None and _same(given, _signature_of_form(key, url, fields)))
        for url in _variants(urls)
    )


def _signature_of_form(key: str, url: str, fields: Mapping[str, Collection[str]]) -> str:
    text = url + "".join(
        name + value for name in sorted(fields) for value in sorted(set(fields[name]))
    )
    return b64encode(_digest(key, text.encode(), "sha1")).decode()


def _digest(key: str, text: bytes, algorithm: str) -> bytes:
    return hmac.digest(key.encode(), text, algorithm)


def _same(given: str, expected: str) -> bool:
    # As bytes, because text has to be ASCII for this, and who knows what was given.
    return hmac.compare_digest(given.encode(errors="backslashreplace"), expected.encode())


def _variants(urls: Iterable[str]) -> Iterable[str]:
    """Yield each address as it is, and with its port left out or the standard one added."""
    for url in urls:
        yield url
        if (match := _ADDRESS.fullmatch(url)) is None:
            continue
        host, standard = f"{match['scheme']}://{match['host']}", _STANDARD_PORTS[match["scheme"]]
        if match["port"] is not None:
            yield f"{host}{match['rest']}"
        if match["port"] in (None, standard):
            yield f"{host}:{standard}{match['rest']}"
