"""Films as timelines that editing programs read and write."""
