"""One keep-alive connection over a bare socket: a client that costs less than what it measures."""

import json
import socket

PATH = "/api/2.0/mlflow"


def request(method, path, body=None):
    """The bytes of a request, so that making them is not measured."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is None:
        return f"{head}\r\n".encode()
    body = json.dumps(body).encode()
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    def __init__(self, port):
        self.port = port
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def send(self, request):
        """Gives status and body. A connection that the server closed while it was idle is opened anew, once."""
        try:
            self.socket.sendall(request)
            head = self.until(b"\r\n\r\n")
        except (ConnectionError, BrokenPipeError):
            self.open()
            self.socket.sendall(request)
            head = self.until(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        fields = {name: value.strip() for name, value in fields.items()}
        if fields.get(b"transfer-encoding") == b"chunked":
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                body += self.exactly(size)
                self.exactly(2)
            self.until(b"\r\n")
        else:
            body = self.exactly(int(fields.get(b"content-length", 0)))
        if fields.get(b"connection") == b"close":
            self.socket.close()
            self.open()
        return int(head[9:12]), body

    def call(self, method, path, body=None):
        """Asks the API and gives the answer's object."""
        status, answer = self.send(request(method, PATH + path, body))
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else {}

    def until(self, mark):
        while mark not in self.read:
            self.more()
        taken, self.read = self.read.split(mark, 1)
        return taken

    def exactly(self, size):
        parts, got = [self.read[:size]], min(size, len(self.read))
        self.read = self.read[size:]
        while got < size:
            part = self.socket.recv(min(1 << 20, size - got))
            if not part:
                raise ConnectionError("closed amid an answer")
            parts.append(part)
            got += len(part)
        return b"".join(parts)

    def more(self):
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("closed")
        self.read += part
