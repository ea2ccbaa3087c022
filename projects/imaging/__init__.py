"""Makes what is ordered of pictures from words, each order in a process of its own."""
