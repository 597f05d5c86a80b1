"""Tests of SignalWire for Home Assistant."""
