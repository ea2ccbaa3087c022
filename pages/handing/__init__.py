"""Handing on and getting back: editions, recuts and documents of a project, beside its film."""
