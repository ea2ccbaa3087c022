"""The studio's JSON interface: projects, shots, takes, renders and films for the board and for other programs."""
