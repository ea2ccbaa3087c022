"""What is made of a project's film: ordered, watched while it is made, and handed on."""
