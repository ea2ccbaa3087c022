"""From noise to the latents of a section: noise levels, the solver, guidance, the loop."""
