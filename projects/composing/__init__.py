"""A film as a file: its pieces, its sound and its captions, in one of many formats."""
