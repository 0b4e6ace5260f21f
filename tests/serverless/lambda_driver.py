"""Plays Lambda for one stage: Zappa writes its settings module, its handler answers events from stdin.

Run in a process of its own, because Zappa's handler is a singleton. Prints one JSON line per event.
"""

import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace


def main() -> None:
    """`python -m tests.serverless.lambda_driver STAGE`"""
    stage = sys.argv[1]
    answers = sys.stdout
    sys.stdout = sys.stderr
    from zappa.cli import ZappaCLI  # noqa: PLC0415  # not before the output is put aside

    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "zappa_settings.py"
        ZappaCLI().handle(["save-python-settings-file", stage, "--output_path", str(settings)])
        sys.path.insert(0, folder)
        from zappa.handler import lambda_handler  # noqa: PLC0415  # reads the settings just written

        context = SimpleNamespace(aws_request_id="test", get_remaining_time_in_millis=lambda: 10_000)
        for line in sys.stdin:
            answer = lambda_handler(json.loads(line), context)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
