"""The cutting table: the film of a project laid out in time, played, trimmed and joined."""
