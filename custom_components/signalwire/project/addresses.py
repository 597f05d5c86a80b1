"""Addresses that a call or conference can have: telephone numbers, SIP addresses, names."""

from functools import lru_cache
import re
import unicodedata

# What people write between the digits of a telephone number.
_NUMBER = re.compile(r"\+?[\d\s().\-/\u2010-\u2015]*\d[\d\s().\-/\u2010-\u2015]*")
_SIP = re.compile(r"(?:sips?:)?([^\s@<>:;]+(?::[^@]*)?@[^\s@;?<>]+)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"<([^<>]+)>\s*\Z")
_PORT = re.compile(r":\d+\Z")
_MAX_EXTENSION = 6
_PREFIX = re.compile(r"(?:tel|phone):", re.IGNORECASE)


@lru_cache(maxsize=8192)
def address_key(text: str) -> str:
    """Return what two spellings of one address have in common.

    Of a number that is its digits, of a SIP address user and host in lower case, without port and
    parameters; of any other name the name, whatever its case.
    """
    text = _clean(text)
    if bracketed := _IN_BRACKETS.search(text):
        text = bracketed[1].strip()
    if sip := _SIP.match(text):
        user, _, host = sip[1].partition("@")
        return f"{user.partition(':')[0]}@{_PORT.sub('', host)}".casefold()
    number = _PREFIX.sub("", text).partition(";")[0].strip()
    if _NUMBER.fullmatch(number):
        digits = "".join(str(unicodedata.decimal(each)) for each in number if each.isdecimal())
        return digits if number.startswith("+") else digits.removeprefix("00")
    return " ".join(text.split()).casefold()


def is_number(text: str) -> bool:
    """Return whether a text is written like a telephone number."""
    return _NUMBER.fullmatch(_clean(text)) is not None


def canonical_address(text: str, country: str | None) -> str | None:
    """Return an address as it is stored; None for what can be neither a number nor a name.

    A number that is written as within a country becomes an international one, by the rules of
    `country` (ISO 3166); a short one stays an extension. To be run in the executor: it may read
    files.
    """
    # Its tables are large, and only who edits a line needs them.
    import phonenumbers  # noqa: PLC0415

    text = _clean(text)
    if not address_key(text):
        return None
    if not is_number(text) and not text.startswith("+"):
        return address_key(text) if "@" in text else " ".join(text.split())
    if not text.startswith("+") and len(address_key(text)) <= _MAX_EXTENSION:
        return address_key(text)
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    # A number without its area code is only possible within an area.
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _clean(text: str) -> str:
    """Return a text without what cannot be seen, such as marks that come with copied numbers."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(each for each in text if unicodedata.category(each) != "Cf").strip()
