"""The storyboard on paper, as lists and as pictures; and shots from what others write: tables, screenplays, folders."""
