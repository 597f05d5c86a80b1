"""Tests of `media/`."""
