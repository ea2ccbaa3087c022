"""A project as one file: with all that was made of it, to be opened on another computer as it was."""
