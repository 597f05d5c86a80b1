"""Changes the integration on purpose, one line at a time, to see which tests notice."""
