"""What every entry point says to an event that is not for it."""


class UnknownEvent(Exception):
    """Nothing here handles it; the function fails, so that whoever sent it notices and it is kept."""
