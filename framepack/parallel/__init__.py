"""Several cards at work on one shot: the group of ranks, and attention that exchanges heads for tokens."""
