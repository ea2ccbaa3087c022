"""Shots from what people write and collect elsewhere: workbooks, screenplays, folders of pictures."""
