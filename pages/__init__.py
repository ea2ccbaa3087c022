"""The pages: they read, draw and call one domain verb at a time. The router is ``studio.py``; ``_*.py`` are shared."""
