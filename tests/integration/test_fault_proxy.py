"""The fault proxy itself: each of its faults does what it says, and nothing else."""

import random
import select
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fault_proxy import CAPACITY, FaultProxy  # noqa: E402

BOTH = ("forward", "back")


class Server:
    """Where the proxy leads to; the test takes its connections one by one."""

    def __init__(self, t):
        self.t = t
        self.listener = socket.create_server((uavtest.HOST, 0))
        self.listener.settimeout(uavtest.DEADLINE)
        t.drones.append(self.listener)

    def take(self):
        sock, _ = self.listener.accept()
        sock.settimeout(uavtest.DEADLINE)
        self.t.drones.append(sock)
        return sock


def through(t):
    """(proxy, server, one end, the other end)"""
    server = Server(t)
    proxy = FaultProxy(t, server.listener.getsockname())
    return (proxy, server, *pair(t, proxy, server))


def pair(t, proxy, server):
    client = uavtest.connect(proxy.at)
    t.drones.append(client)
    return client, server.take()


def ends(direction, client, server):
    """(who writes, who reads) in that direction."""
    return (client, server) if direction == "forward" else (server, client)


def read(sock, size):
    """So many bytes."""
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, f"ended after {len(data)} of {size}"
        data += piece
    return bytes(data)


def passes(source, sink, size=1000):
    """These bytes, and no others."""
    data = random.randbytes(size)
    writer = threading.Thread(target=source.sendall, args=(data,), daemon=True)
    writer.start()
    assert read(sink, size) == data
    writer.join(uavtest.DEADLINE)


def silent(sock, seconds=0.1):
    return not select.select([sock], [], [], seconds)[0]


def is_reset(sock):
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return False


def test_without_faults(t):
    """Bytes in both directions, as they were; an end and a reset as such."""
    proxy, server, client, far = through(t)
    for direction in BOTH:
        passes(*ends(direction, client, far), 1_000_000)
    client.shutdown(socket.SHUT_WR)
    assert far.recv(1) == b""
    passes(far, client)
    far.close()
    assert client.recv(1) == b""
    uavtest.wait_until(lambda: not proxy.links)
    client, far = pair(t, proxy, server)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()
    assert is_reset(client)
    uavtest.wait_until(lambda: not proxy.links)


def test_nobody_behind_it(t):
    proxy, server, *_ = through(t)
    server.listener.close()
    try:
        newcomer = uavtest.connect(proxy.at)
    except ConnectionResetError:
        return  # so soon that the connection was not made before
    assert is_reset(newcomer)


def test_delay(t):
    """Not before its time, in order, and only in that direction."""
    proxy, _, client, far = through(t)
    for direction, other in (BOTH, BOTH[::-1]):
        proxy.set(**{direction: {"delay_s": 0.3, "jitter_s": 0.1}})
        source, sink = ends(direction, client, far)
        before = time.monotonic()
        source.sendall(b"late")
        passes(*ends(other, client, far))
        assert read(sink, 4) == b"late" and time.monotonic() - before >= 0.3
        passes(source, sink, 100_000)
        proxy.clear()
        passes(source, sink)


def test_jitter_keeps_the_order(t):
    proxy, _, client, far = through(t)
    proxy.set(both={"jitter_s": 0.05})
    data = random.randbytes(200)
    for at in range(len(data)):
        client.sendall(data[at : at + 1])
        time.sleep(0.0002)
    assert read(far, len(data)) == data


def test_bandwidth(t):
    proxy, _, client, far = through(t)
    for direction in BOTH:
        proxy.set(**{direction: {"bytes_per_s": 50_000}})
        before = time.monotonic()
        passes(*ends(direction, client, far), 20_000)
        assert time.monotonic() - before >= 0.9 * 20_000 / 50_000
        proxy.clear()


def test_slicing(t):
    """So many bytes a write at most."""
    proxy, _, client, far = through(t)
    for direction in BOTH:
        source, sink = ends(direction, client, far)
        way = getattr(proxy, direction)
        proxy.set(**{direction: {"slice_bytes": 3}})
        writes = way.writes
        data = random.randbytes(3000)
        source.sendall(data)
        assert read(sink, len(data)) == data
        uavtest.wait_until(lambda: way.writes - writes >= 1000)
        proxy.clear()


def test_reset(t):
    """Everybody, on both sides; the next one is served."""
    proxy, server, client, far = through(t)
    others = pair(t, proxy, server)
    client.sendall(b"lost, maybe")
    proxy.wait_links(2)
    assert proxy.reset() == 2
    for sock in (client, far, *others):
        assert is_reset(sock)
    for direction in BOTH:
        passes(*ends(direction, *pair(t, proxy, server)))


def test_blackhole(t):
    """Nothing passes, not even an end; nobody is told, and the connections stay as they are."""
    proxy, server, client, far = through(t)
    passes(client, far)
    proxy.blackhole()
    newcomer = uavtest.connect(proxy.at)
    t.drones.append(newcomer)
    for sock in (client, far, newcomer):
        sock.sendall(bytes(500_000))  # taken, not only kept by the system
    assert silent(client) and silent(far) and silent(newcomer, 0)
    assert silent(server.listener, 0), "it never gets there"
    proxy.clear()
    client.sendall(b"x")
    far.sendall(b"x")
    newcomer.sendall(b"x")
    assert silent(far) and silent(client, 0) and silent(newcomer, 0), "not half a stream"
    client.close()
    assert silent(far), "no end either"
    for direction in BOTH:
        passes(*ends(direction, *pair(t, proxy, server)))


def test_blackhole_in_one_direction(t):
    for direction, other in (BOTH, BOTH[::-1]):
        proxy, _, client, far = through(t)
        proxy.blackhole(**{other: False})
        source, sink = ends(direction, client, far)
        source.sendall(b"lost")
        passes(*ends(other, client, far))
        assert silent(sink)


def test_what_is_on_its_way_is_swallowed_too(t):
    proxy, _, client, far = through(t)
    proxy.set(forward={"delay_s": 0.3})
    client.sendall(b"x")
    uavtest.wait_until(lambda: proxy.held() == 1)
    proxy.blackhole()
    assert silent(far, 0.5) and proxy.held() == 0


def test_vanish(t):
    """As a black hole, for those that are there only."""
    proxy, server, client, far = through(t)
    proxy.vanish()
    client.sendall(b"x")
    far.sendall(b"x")
    for direction in BOTH:
        passes(*ends(direction, *pair(t, proxy, server)))
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()
    assert silent(client), "nor is a reset told"
    client.close()
    uavtest.wait_until(lambda: len(proxy.links) == 2)


def test_half_close(t):
    for direction, other in (BOTH, BOTH[::-1]):
        proxy, _, client, far = through(t)
        source, sink = ends(direction, client, far)
        source.sendall(b"before")
        assert read(sink, 6) == b"before"
        proxy.half_close(direction)
        assert sink.recv(1) == b""
        source.sendall(b"lost")
        passes(*ends(other, client, far))
        sink.close()
        assert source.recv(1) == b""
        source.close()
        uavtest.wait_until(lambda: not proxy.links)


def test_refuse(t):
    proxy, server, client, far = through(t)
    passes(client, far)
    for _ in range(3):
        proxy.refuse()
        try:
            uavtest.connect(proxy.at)
            raise AssertionError("not refused")
        except ConnectionRefusedError:
            pass
        passes(client, far)
        proxy.accept()
        passes(*pair(t, proxy, server))


def test_memory_is_bounded(t):
    """Who does not read, and who is not read, stops who writes; nothing is lost meanwhile."""
    for hold in (False, True):
        proxy, _, client, far = through(t)
        proxy.set(forward={"hold": hold})
        data = random.randbytes(20_000_000)
        writer = threading.Thread(target=client.sendall, args=(data,), daemon=True)
        writer.start()
        if not hold:
            uavtest.wait_until(lambda: proxy.held() == CAPACITY)
        writer.join(0.3)
        assert writer.is_alive() and proxy.held() == (0 if hold else CAPACITY)
        passes(far, client)
        proxy.clear()
        assert read(far, len(data)) == data
        writer.join(uavtest.DEADLINE)


if __name__ == "__main__":
    uavtest.run()
