"""The backends of attention, and which is the fastest on a device."""
