"""The address of a space, as people type it."""

from ipaddress import ip_address
import re

from yarl import URL

from .errors import InvalidSpaceError

_DOMAIN = "signalwire.com"
_API_PATH = re.compile(r"(?:/api(?:/laml(?:/[\d-]+)?)?)?/*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


def parse_space(address: str) -> URL:
    """Return the origin of the space: scheme, host and port.

    `example`, `example.signalwire.com` and any address of a page of the space mean the same.
    Another host, such as a gateway of the user's own, is taken as it is, with or without the path
    of the API; but plain HTTP only to the own machine: everywhere else it would show the token to
    the network.

    Raises InvalidSpaceError if it is no such address.
    """
    text = address.strip()
    if _LABEL.fullmatch(text) and text.lower() != "localhost":
        text = f"{text}.{_DOMAIN}"
    if "://" not in text:
        text = f"https://{text}"
    try:
        url = URL(text)
        port = url.explicit_port
    except ValueError as err:
        raise InvalidSpaceError(f"No address of a space: {err}") from None
    host = (url.raw_host or "").lower().rstrip(".")
    if url.scheme not in ("https", "http") or not _is_host(host):
        raise InvalidSpaceError("No address of a space")
    if url.user is not None or url.password is not None:
        raise InvalidSpaceError("An address of a space holds no user name and no password")
    if host.endswith(f".{_DOMAIN}") and port in (None, 80, 443):
        # Copied from the browser, whatever page was open.
        return URL.build(scheme="https", host=host)
    if not _API_PATH.fullmatch(url.path) or url.query_string or url.fragment:
        raise InvalidSpaceError("An address of a space ends with the host's name")
    if url.scheme == "http" and not is_loopback(host):
        raise InvalidSpaceError("Plain HTTP would show the token to the network")
    return URL.build(scheme=url.scheme, host=host, port=port)


def is_loopback(host: str) -> bool:
    """Return whether the host is the own machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return all(_LABEL.fullmatch(label) for label in host.split("."))
    return True
