"""File formats of weights: what a header says, the names others give to layers, what a wrong file is. No torch."""
