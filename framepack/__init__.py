"""The engine: one shot request in, typed events out. It knows nothing of projects, databases or pages."""
