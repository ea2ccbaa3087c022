"""A report of a problem: one file with what is needed to find a fault, and nothing of what people made unless asked."""
