"""Finishing a film: how each shot is shown, sounds and music, words and colours, beside the cutting table."""
