"""The storyboard: projects and shots, and the verbs that change them."""
