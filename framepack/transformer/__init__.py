"""The transformer: its blocks, its whole forward pass, and the caches that skip steps."""
