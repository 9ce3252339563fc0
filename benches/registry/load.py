"""Many clients in one thread: each has a connection of its own and sends its next request when the last is answered."""

import select
import socket
import time


class Client:
    """A connection that is told when there is something to read. What it sends was made before."""

    def __init__(self, port, number):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.sent, self.request, self.read, self.wanted = number, 0.0, b"", b"", 0

    def send(self, request):
        self.request, self.read, self.wanted = request, b"", 0
        self.sent = time.perf_counter()
        self.socket.sendall(request)

    def answered(self):
        """Reads on; True when the answer is whole."""
        part = self.socket.recv(1 << 20)
        if not part:
            raise ConnectionError(f"closed amid an answer: {self.read[:200]!r}")
        self.read += part
        if not self.wanted:
            end = self.read.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.read[:end].lower()
            at = head.find(b"content-length:")
            # Only what has no length is in chunks, whose last one is empty.
            self.wanted = end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else -1
        if self.wanted < 0:
            return self.read.endswith(b"\r\n0\r\n\r\n")
        return len(self.read) >= self.wanted

    @property
    def status(self):
        return int(self.read[9:12])


def drive(port, make, most, clients, seconds):
    """As many of `make(i)`, up to `most`, as are answered within the seconds. Gives their latencies, in order, the seconds
    that they took, and how many each client sent; an answer that is not 200 ends it all."""
    clients = [Client(port, number) for number in range(clients)]
    by_file = {client.socket.fileno(): client for client in clients}
    poll = select.epoll()
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    latencies, counts, began = [], [0] * len(clients), time.perf_counter()

    def go_on(client):
        i = client.number + counts[client.number] * len(clients)
        if i >= most or time.perf_counter() - began > seconds:
            return 0
        client.send(make(i))
        return 1

    open_requests = sum(map(go_on, clients))
    while open_requests:
        for file, _ in poll.poll():
            client = by_file[file]
            if not client.answered():
                continue
            latencies.append(time.perf_counter() - client.sent)
            if client.status != 200:
                raise RuntimeError(f"{client.read[:500]!r} to {client.request[:500]!r}")
            counts[client.number] += 1
            open_requests += go_on(client) - 1
    took = time.perf_counter() - began
    poll.close()
    for client in clients:
        client.socket.close()
    return latencies, took, counts
