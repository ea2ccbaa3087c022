"""Faults done to a running studio, one after another, and what must hold after each (``python -m tests.faults``)."""
