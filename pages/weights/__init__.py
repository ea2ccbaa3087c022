"""The models: what there is of each, where it lies, and downloads under way."""
