"""How a copy is named: by its day, its times, who talked to whom, and the recording's SID."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import re
import unicodedata

from homeassistant.util import dt as dt_util

from ..api import Recording

_SID = re.compile(r"[0-9A-Za-z-]{1,64}")
_UNSAFE = re.compile(r"[^0-9A-Za-z+@.-]+")
_MAX_PARTY = 40
_NOBODY = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyName:
    """The folder of a copy's day, below the folder of all copies, and its name without ending."""

    day: str
    stem: str


def is_copyable(recording: Recording) -> bool:
    """Return whether a recording has audio, and an identifier that a file can be named after."""
    return recording.status.has_audio and _SID.fullmatch(recording.sid) is not None


def copy_name(recording: Recording, *parties: str) -> CopyName:
    """Return the name of a recording's copy, in the time where Home Assistant is.

    Such as `2026/11/27` and `14-03-12_14-05-01_+15550100_+15550101_SID`. As it ends with the SID,
    no two recordings have the same one. It holds letters and digits of ASCII and `+@.-_` alone,
    which every file system takes.
    """
    began = dt_util.as_local(recording.started or datetime.fromtimestamp(0, dt_util.UTC))
    ended = dt_util.as_local(
        recording.end_time or began + timedelta(seconds=recording.duration or 0)
    )
    times = (f"{began:%H-%M-%S}", f"{ended:%H-%M-%S}")
    return CopyName(
        day=f"{began:%Y/%m/%d}",
        stem="_".join((*times, *map(_safe, parties or ("",)), recording.sid)),
    )


def sid_of(file: str, ending: str) -> str | None:
    """Return the SID of the recording that a file with this ending is named after."""
    if not file.endswith(ending):
        return None
    sid = file.removesuffix(ending).rpartition("_")[2]
    return sid if _SID.fullmatch(sid) else None


def _safe(party: str) -> str:
    """Return a party as a part of a file's name."""
    plain = unicodedata.normalize("NFKD", party).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", plain)[:_MAX_PARTY].strip("-.") or _NOBODY
