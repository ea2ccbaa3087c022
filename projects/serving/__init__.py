"""The studio as a program that is started, watched and ended: one server a port."""
