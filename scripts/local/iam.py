"""Lets functions on this machine do what their role's policy allows, and nothing else, as IAM does on AWS.

A guard stands between the functions and the local DynamoDB. Whoever calls is known by the access key in the
signature; a call that the policy does not name is refused with AccessDeniedException.
"""

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Policy = Mapping[str, Any]

CALLER = re.compile(r"Credential=([^/]+)/")
ONE_BY_ONE = {"TransactWriteItems": "TransactItems", "TransactGetItems": "TransactItems"}
IN_A_TRANSACTION = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
REFUSED = "com.amazon.coral.service#AccessDeniedException"
HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})


def needed(operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Actions of IAM and what they are done to, below `table/`, for a call of DynamoDB.

    Source: AWS, "Actions, resources, and condition keys for Amazon DynamoDB".
    """
    if operation in ONE_BY_ONE:
        for item in body[ONE_BY_ONE[operation]]:
            for kind, told in item.items():
                yield f"dynamodb:{IN_A_TRANSACTION[kind]}", told["TableName"]
    elif operation in {"BatchGetItem", "BatchWriteItem"}:
        for table in body["RequestItems"]:
            yield f"dynamodb:{operation}", table
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield f"dynamodb:{operation}", body.get("TableName", "*") + index


def allows(policy: Policy, action: str, resource: str) -> bool:
    """Statements that allow only: ours know no other. `resource` is what follows `table/` in an ARN."""
    return any(
        any(fnmatchcase(action, each) for each in statement["Action"])
        and any(fnmatchcase(resource, each.partition(":table/")[2]) for each in statement["Resource"])
        for statement in policy["Statement"]
    )


class Guard:
    """In front of an engine, until this process ends."""

    def __init__(self, engine_url: str, policies: Mapping[str, Policy]) -> None:
        """`policies`: by the access keys of those who call."""
        self.policies = policies
        self.engine = urlsplit(engine_url).netloc
        self.refused: list[str] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def refuses(self, caller: str, operation: str, body: Mapping[str, Any]) -> str | None:
        """Why, or None."""
        policy = self.policies.get(caller)
        for action, resource in needed(operation, body):
            if policy is None or not allows(policy, action, resource):
                told = f"User: {caller} is not authorized to perform: {action} on resource: table/{resource}"
                self.refused.append(told)
                return told
        return None


def _serving(guard: Guard) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self._engine = http.client.HTTPConnection(guard.engine)

        def finish(self) -> None:
            self._engine.close()
            super().finish()

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            caller = CALLER.search(self.headers.get("Authorization", ""))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            refused = guard.refuses(caller[1] if caller else "", operation, json.loads(content))
            if refused:
                problem = json.dumps({"__type": REFUSED, "message": refused}).encode()
                self._answer(400, {"Content-Type": "application/x-amz-json-1.0"}, problem)
                return
            self._engine.request("POST", self.path, content, dict(self.headers))
            answer = self._engine.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            self._answer(answer.status, kept, answer.read())

        def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: each function writes its own lines."""

    return Requests
