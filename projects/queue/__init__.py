"""Orders to the generator, and how far they are."""
