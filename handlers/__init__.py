"""HTTP in, HTTP out: may import `domain`, Flask and marshmallow; never an adapter."""
