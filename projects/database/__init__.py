"""The tables, the database they lie in, and its migrations."""
