"""Who may come into a studio that is shared: its password, who has signed in, and how wrong passwords are slowed."""
