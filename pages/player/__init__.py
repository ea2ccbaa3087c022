"""Playing without rendering: the whole story in order, and two takes beside each other."""
