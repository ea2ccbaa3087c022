"""Files that are there whole or not at all: written aside, known by their sums, put aside when damaged. No torch."""
