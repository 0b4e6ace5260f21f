"""Characters as people see them: what Unicode calls extended grapheme clusters (decision D-10)."""

import regex

ONE = regex.compile(r"\X")


def count_characters(text: str) -> int:
    """How many there are: one for 券, one for a family of four, one for a letter with two accents."""
    return len(ONE.findall(text))
