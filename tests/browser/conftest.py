"""What the browser tests need of pytest."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "browser: drives the system's Chromium; takes a minute")
