"""The one table: items, keys, the write protocol (docs/data.md)."""
