"""Past recordings in the media browser, and their audio."""
