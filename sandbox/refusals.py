"""What the control API may refuse: a thing that is not there, a value that makes no sense."""


class NotThere(Exception):
    """The thing named does not exist in this world."""


class NotValid(Exception):
    """The value given cannot be used."""
