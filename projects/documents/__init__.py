"""The storyboard on paper, as lists and as pictures."""
