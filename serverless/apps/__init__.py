"""Which routes each function serves; `callbacks` will be one more of these. Each imports its own only."""
