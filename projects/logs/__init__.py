"""What processes write down of their work: which order a line is about, what never stands in a log, and its files."""
