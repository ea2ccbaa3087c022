"""Downloads of weights that the studio does for its pages, each in a process of its own."""
