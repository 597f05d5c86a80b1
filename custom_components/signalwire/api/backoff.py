"""How long to wait before trying again."""

import random

_MAX_DOUBLINGS = 16


def retry_wait(failures: int, shortest: float, longest: float) -> float:
    """Return the seconds to wait after so many failures in a row, 1 or more.

    The wait doubles from `shortest` up to `longest`. A random part of up to a half is left out, so
    that many do not come back at the same moment.
    """
    wait = min(shortest * 2.0 ** min(failures - 1, _MAX_DOUBLINGS), longest)
    return wait * random.uniform(0.5, 1)  # noqa: S311 (spreads load, keeps no secret)
