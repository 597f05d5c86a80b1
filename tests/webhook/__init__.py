"""Tests of `webhook/`."""
