"""Prompts and pictures as the model reads them, and the cache of them."""
