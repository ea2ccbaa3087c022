"""What lies on the disk and is not needed any more."""
