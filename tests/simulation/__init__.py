"""A deterministic simulation of the integration: virtual time, one thread, one seed."""
