"""Tests of what can be asked and answered by voice."""
