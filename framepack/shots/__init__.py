"""What a shot is asked to be: its request, its length, its sections' keys, the events of its rendering. No torch."""
