"""Fuzzes a running gateway from its own description.

    check_gateway.py URL

Schemathesis makes requests from the OpenAPI, right ones and wrong ones, and looks at each answer: no 5xx, no status,
content type or body that the description does not know. Seeded, so that what it finds is found again. Exit code 1 if
it finds anything.

Needs: schemathesis.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]


def main(url: str) -> int:
    command = [Path(sys.executable).parent / "schemathesis", "run", f"{url}/openapi.json", "--url", url]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--mode", "all"]
    command += ["--max-examples", "25", "--seed", "42", "--generation-database", "none", "--no-color"]
    # It keeps a cache where it runs: not in the tree.
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, check=False, cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
