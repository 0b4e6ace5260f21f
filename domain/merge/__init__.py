"""Merging (合并) of two people who turn out to be one, and its exact undoing."""
