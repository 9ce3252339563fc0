"""A server that answers `GET /health` and refuses everything else: a test that passes against it tests no server.

usage: python -m mlflow_conformance.null PORT
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSAL = b'{"error_code": "NOT_IMPLEMENTED", "message": "this server does nothing"}'


class Null(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, kind, body = (200, "text/plain", b"OK") if self.path == "/health" else (501, "application/json", REFUSAL)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Null).serve_forever()
