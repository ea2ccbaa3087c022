"""What made takes and films: told in their files, read from files that anybody may have changed, made shots again."""
