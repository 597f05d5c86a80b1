"""The core: what is known of a project's recordings, what is desired, and the work in between."""
