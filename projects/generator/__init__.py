"""The generator: workers, what they run, and the engine they hold."""
