"""Status callbacks: where SignalWire calls back, and what is read again for it."""
