"""Proves that exported audit records are FHIR R4 AuditEvents to somebody else's library.

    check_audit.py EVENTS.ndjson

Each line is built with SMART's R4 models, which are strict: an element that R4 does not have, one that it requires and
that is not there, or one of the wrong type is an error; and what they write again is what was read. Exit code 1 then.

Needs: fhirclient.
"""

import json
import sys
from pathlib import Path

from fhirclient.models.auditevent import AuditEvent


def main(file: Path) -> int:
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        given = json.loads(line)
        written = AuditEvent(given, strict=True).as_json()
        assert written == given, f"line {number} is written otherwise: {written} instead of {given}"
    assert lines, "there is no record"
    print(f"fhirclient: {len(lines)} AuditEvents are R4")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
