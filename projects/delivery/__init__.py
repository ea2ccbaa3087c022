"""Making what was ordered of a project's film, in a process of its own."""
