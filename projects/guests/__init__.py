"""Who looks at one project without the password: the links they come by, what they see, and what they note."""
