"""Storyboards as files, in and out."""
