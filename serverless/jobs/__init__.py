"""Lambda entry points without HTTP."""
