"""Training histories: readers of the formats they come in, and what their curves say."""
