"""Pictures and videos as files. No torch."""
