"""What this process holds."""

from pathlib import Path
import resource


def resident_bytes() -> int:
    """Return the resident memory of this process, without the pages of shared libraries."""
    fields = Path("/proc/self/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * resource.getpagesize()
