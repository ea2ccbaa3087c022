"""The domain: projects, shots, takes, rendering and films. It knows nothing of pages, and nothing here loads torch."""
