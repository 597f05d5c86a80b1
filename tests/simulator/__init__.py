"""Tests of the simulated space."""
