"""Everything that reads bytes from outside, given bytes that nobody in their right mind would send."""
