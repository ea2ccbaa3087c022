"""LoRAs as pages show them: the library's cards, taking files in, and choosing some for a project or a shot."""
