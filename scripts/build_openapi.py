"""Builds docs/openapi.json from the routes: `python3 scripts/build_openapi.py`; `--check` only compares."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

TARGET = environment.ROOT / "docs" / "openapi.json"


def main() -> None:
    """Writes the file, or says that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT, node=False)
    from scripts.local import openapi

    text = openapi.text()
    if not arguments.check:
        TARGET.write_text(text)
        print(f"· wrote {TARGET.relative_to(environment.ROOT)}")
    elif not TARGET.exists() or TARGET.read_text() != text:
        environment.stop("docs/openapi.json is out of date: run python3 scripts/build_openapi.py.")


if __name__ == "__main__":
    main()
