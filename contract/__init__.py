"""Asks a SignalWire account whether it does what this project assumes."""
