"""Images: looked into, and put where people's phones find them."""
