"""The commands of ``python -m projects``."""
