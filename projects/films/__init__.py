"""Films: takes joined."""
