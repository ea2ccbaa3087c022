"""Weights: how a block lies in memory, how it is read from its files, kept, pinned and brought to a device."""
