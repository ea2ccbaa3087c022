"""What one page run has: the database, the open project, what was just said, boxes bound to rows."""
