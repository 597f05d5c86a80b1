"""What is deleted, kept and copied of past recordings."""
