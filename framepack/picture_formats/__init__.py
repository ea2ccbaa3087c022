"""File formats of pictures: what is read of a file, or mended in it, before it is decoded. No torch."""
