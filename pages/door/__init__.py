"""The door of a studio that is shared: everything asks whether one may come in, and one page says so."""
