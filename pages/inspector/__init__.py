"""The boxes in which one shot is written, and how what is typed in them is saved."""
