"""The latents a section is conditioned on: the history, and how it is packed into the model's context."""
