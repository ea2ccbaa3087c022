"""The studio as a set of tools for assistants that speak the Model Context Protocol."""
