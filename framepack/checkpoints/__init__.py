"""Which models there are, where their files lie, how they are named, and how they are fetched. No torch."""
