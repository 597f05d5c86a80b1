"""The demo: a real Home Assistant beside a simulated SignalWire space, ready to look at."""
