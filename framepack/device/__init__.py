"""Devices: their number formats, their memory, and the plan of what lies in it."""
