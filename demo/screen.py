"""What the demo says to the person in front of it."""

import sys


class DemoError(Exception):
    """The demo cannot go on; the message is one sentence for the person who started it."""


def say(text: str = "") -> None:
    """Print a line at once, also where the output is a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print a line of failure."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
