"""Builds what the code says of itself: docs/openapi.json and the table of codes in docs/problems.md.

`python3 scripts/build_openapi.py`; `--check` only compares.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

DOCS = environment.ROOT / "docs"


def main() -> None:
    """Writes the files, or says which one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed files, write nothing"
    )
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT, node=False)
    from scripts.local import openapi, problem_codes

    problems = DOCS / "problems.md"
    wanted = {
        DOCS / "openapi.json": openapi.text(),
        problems: problem_codes.with_table(problems.read_text()),
    }
    for path, text in wanted.items():
        name = path.relative_to(environment.ROOT)
        if not arguments.check:
            path.write_text(text)
            print(f"· wrote {name}")
        elif not path.exists() or path.read_text() != text:
            environment.stop(f"{name} is out of date: run python3 scripts/build_openapi.py.")


if __name__ == "__main__":
    main()
