"""The engine: it puts the rooms above together and renders shots into a store."""
