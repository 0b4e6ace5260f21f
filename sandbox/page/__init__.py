"""The page: the world to look at in a browser, and phones to play the product with."""
