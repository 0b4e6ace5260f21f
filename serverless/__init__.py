"""Starts things and ties them together: Lambda entry points, wiring, settings. Nobody imports this room."""
