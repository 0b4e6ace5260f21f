"""Short messages (短信)."""
