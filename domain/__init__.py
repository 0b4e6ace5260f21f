"""The business, in pure Python: may import the standard library and `domain`, nothing else."""
