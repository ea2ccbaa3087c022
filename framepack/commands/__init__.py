"""The commands of ``python -m framepack``."""
