"""Enlarging pictures by a model of the person's own. The top of it is ``enlarger``."""
