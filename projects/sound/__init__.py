"""Sound: files that are kept, and what a film sounds like."""
