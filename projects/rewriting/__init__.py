"""A sentence rewritten by an endpoint that the person names; nothing is sent where none is named."""
