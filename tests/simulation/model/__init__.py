"""The reference model: what must come of each request, told once more, without a line of the product."""
