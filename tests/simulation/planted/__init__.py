"""Small wrong changes of the product, and the hunt for them: what the simulation would notice."""
