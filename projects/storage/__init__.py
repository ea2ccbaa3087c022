"""Where the studio's files lie, and pictures as files."""
