"""The shots of a project at a glance: what is read for them, and the component that draws them."""
