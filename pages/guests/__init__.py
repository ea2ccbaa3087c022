"""A project shown to others by a link: their own small page, and what its owner sees of links and notes."""
