"""Names and defaults of the SignalWire integration."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "signalwire"
LOGGER = logging.getLogger(__package__)

EVENT_ACTIVITY: Final = f"{DOMAIN}_recording_activity"

CONF_SPACE: Final = "space"
CONF_PROJECT_ID: Final = "project_id"

SUBENTRY_LINE: Final = "line"
CONF_ADDRESSES: Final = "addresses"

CONF_ACTIVE_INTERVAL: Final = "active_interval"
CONF_HELD_INTERVAL: Final = "held_interval"
CONF_IDLE_INTERVAL: Final = "idle_interval"
CONF_LOOK_BACK: Final = "look_back"
CONF_MAX_SLOTS: Final = "most_slots"
CONF_AUTO_RELEASE: Final = "auto_release"
CONF_RETENTION_DAYS: Final = "retention_days"
CONF_DELETIONS_A_DAY: Final = "deletions_a_day"
CONF_COPY_FOLDER: Final = "copy_folder"
CONF_COPY_FORMAT: Final = "copy_format"
CONF_RETENTION_CONFIRMED: Final = "retention_confirmed"
CONF_VERIFY_SIGNATURE: Final = "verify_signature"
CONF_SIGNING_KEY: Final = "signing_key"
CONF_CLOUDHOOK_URL: Final = "cloudhook_url"

# What is kept longer is kept for ever.
MAX_RETENTION_DAYS: Final = 36500
# A hold with an end lasts no longer; what is asked for as a time never means more than that.
MAX_HOLD: Final = timedelta(days=7)

# The list of recordings may show a new one late, and its clock is not ours: each refresh looks
# back this much further than the one before it.
LIST_OVERLAP: Final = timedelta(minutes=15)
# Reads of single recordings and calls that may be under way at once.
MAX_READS_AT_ONCE: Final = 8
# Work on more recordings than these is done in pieces, between which others have their turn.
MANY_RECORDINGS: Final = 100
