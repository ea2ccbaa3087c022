"""From latents to pixels and back."""
