"""What each frame of a film looks like."""
