"""Keys: the master key wraps each tenant's data key and index key."""
