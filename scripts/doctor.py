"""Looks at an installation and says what to mend: `python3 scripts/doctor.py`.

--tenant-file FILE  also the tenant's keys, and whether WeChat and Alipay take each channel's credentials and
                    our address (their IP allow-lists). Run it from where the functions' calls go out
--address URL       also whether the API answers there, and how long its certificate is good

Reads the environment that .env.example describes; `scripts/deploy.py status` prints it. It writes nothing.
Exits 1 if anything is to be mended.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """A line for each look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tenant-file", type=Path)
    parser.add_argument("--address", type=lambda text: text.rstrip("/"))
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    from scripts.local import examination, tenants
    from serverless.settings import Settings

    services = environment.services()
    settings = Settings.from_environment()
    print("✓ settings: complete, and fit together")
    tenant_id, channels = None, []
    if arguments.tenant_file:
        try:
            plan = tenants.read(arguments.tenant_file)
        except tenants.FileProblem as problem:
            environment.stop(str(problem))
        tenant_id, channels = plan.tenant.tenant_id, [each.channel_id for each in plan.channels]
    to_mend = 0
    with environment.explained():
        for finding in examination.examine(settings, services, tenant_id, channels, arguments.address):
            print(f"{'✓' if finding.is_good else '✗'} {finding.what}: {finding.says}", flush=True)
            to_mend += not finding.is_good
    print(f"{to_mend} to mend." if to_mend else "All is well.")
    raise SystemExit(1 if to_mend else 0)


if __name__ == "__main__":
    main()
