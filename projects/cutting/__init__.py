"""What can be said of how a film is cut: of a shot, and of the whole."""
