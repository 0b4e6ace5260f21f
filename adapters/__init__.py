"""One folder per outside system: may import `domain` and that system's library, never each other."""
