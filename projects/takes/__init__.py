"""Takes: what a storyboard asks for, which takes hold it, and what a render will make."""
