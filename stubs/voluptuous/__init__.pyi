# Home Assistant puts probatio in voluptuous' place when it is imported.
from probatio import *  # noqa: F403 (all of it)
