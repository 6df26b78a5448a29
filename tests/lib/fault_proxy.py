"""A bad network between two real programs: a proxy that forwards bytes, and on demand delays,
throttles, cuts, swallows, ends or resets them, while it runs.

    proxy = FaultProxy(t, gateway.at)
    drone = t.drone(gateway, "uav1", at=proxy.at)
    proxy.forward.slice_bytes = 1        # from who connected to the other side
    proxy.back.bytes_per_s = 20000       # and the way back
    proxy.vanish()

What is set in `forward` and `back` is for all connections, those that are there and those to
come. With nothing set it changes nothing: bytes, ends and resets of one side reach the other.
It holds at most CAPACITY bytes a connection and direction: who does not read stops who
writes."""

import collections
import contextlib
import errno
import random
import selectors
import socket
import struct
import threading
import time

import uavtest

CAPACITY = 65536
STEP_S = 0.01  # a throttled direction writes so often
RESET = struct.pack("ii", 1, 0)


class Way:
    """What is done to the bytes of one direction; each may be set at any time."""

    def __init__(self):
        self.delay_s = 0.0  # every byte comes so much later
        self.jitter_s = 0.0  # and up to that more; the order stays
        self.bytes_per_s = None  # for each connection
        self.slice_bytes = None  # the most in one write
        self.hold = False  # nothing is read: who writes is stopped, sooner or later
        self.swallow = False  # see FaultProxy.blackhole
        self.passed = 0  # bytes written, of all connections
        self.writes = 0


class Stream:
    """One direction of one connection."""

    def __init__(self, way, source, sink):
        self.way, self.source, self.sink = way, source, sink
        self.pieces = collections.deque()  # [when it is due, bytes]
        self.size = 0
        self.dead = False  # has swallowed something: nothing can follow it
        self.ended = False  # the source has said that no more comes
        self.cut = False  # the sink is to be told so, whatever the source says
        self.finished = False  # it has been
        self.blocked = False  # the sink takes no more at the moment
        self.next_write = 0.0

    def may_read(self):
        return not self.ended and not self.way.hold and self.size < CAPACITY

    def take(self, data, now):
        if self.dead or self.way.swallow:
            self.die()
        elif not self.cut:
            due = now + self.way.delay_s + random.uniform(0, self.way.jitter_s)
            if self.pieces:
                due = max(due, self.pieces[-1][0])
            self.pieces.append([due, data])
            self.size += len(data)

    def die(self):
        self.dead = True
        self.pieces.clear()
        self.size = 0

    def due(self):
        """When there is something to write; None: nothing waits, or the sink must be waited for."""
        return max(self.pieces[0][0], self.next_write) if self.pieces and not self.blocked else None

    def write(self, now):
        """What may go now. Raises OSError."""
        way = self.way
        if way.swallow and self.pieces:
            self.die()
        while (due := self.due()) is not None and due <= now:
            data = self.pieces[0][1]
            most = min(way.slice_bytes or CAPACITY,
                       max(1, int(way.bytes_per_s * STEP_S)) if way.bytes_per_s else CAPACITY)
            try:
                written = self.sink.send(data[:most])
            except BlockingIOError:
                self.blocked = True
                return
            way.passed += written
            way.writes += 1
            self.size -= written
            if written == len(data):
                self.pieces.popleft()
            else:
                self.pieces[0][1] = data[written:]
            if way.bytes_per_s:
                self.next_write = now + written / way.bytes_per_s
            if way.slice_bytes:
                return  # each slice in a turn of its own

    def finish(self):
        """Tells the end to the sink, behind all that was taken."""
        over = self.ended or self.cut
        if over and not self.pieces and not self.finished and not self.dead:
            self.finished = True
            with contextlib.suppress(OSError):
                self.sink.shutdown(socket.SHUT_WR)


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy, client):
        self.client = client
        self.server = socket.socket()
        self.server.setblocking(False)
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.forward = Stream(proxy.forward, client, self.server)
        self.back = Stream(proxy.back, self.server, client)
        self.streams = (self.forward, self.back)
        self.connecting = self.connected = False
        self.gone = False
        self.watched = {}  # socket -> events

    def stream_from(self, sock):
        return self.forward if sock is self.client else self.back

    def stream_to(self, sock):
        return self.back if sock is self.client else self.forward


class FaultProxy:
    """Listens at `.at` and connects each who comes to `target`. `forward` and `back` say what is
    done to each direction's bytes."""

    def __init__(self, t, target):
        self.target = target
        self.forward, self.back = Way(), Way()
        self.links = set()
        self._busy = set()  # of the links: those to be looked at in the next turn
        self._lock = threading.RLock()
        self._open = True
        self._selector = selectors.DefaultSelector()
        self._listener = None
        # Nobody else is given the port while nobody listens there.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind((uavtest.HOST, 0))
        self.at = self._holder.getsockname()
        self._bell, bell = socket.socketpair()
        for sock in (self._bell, bell):
            sock.setblocking(False)
        self._woken = bell
        self._selector.register(bell, selectors.EVENT_READ)
        self.accept()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        t.drones.append(self)  # closed with the drones

    # -- faults; each has happened when the call returns

    def set(self, forward=None, back=None, both=None):
        """Sets several: set(both={"slice_bytes": 1})."""
        with self._lock:
            for way, values in ((self.forward, both), (self.back, both),
                                (self.forward, forward), (self.back, back)):
                for name, value in (values or {}).items():
                    assert hasattr(way, name), name
                    setattr(way, name, value)
        self._look_at_all()

    def refuse(self):
        """Who comes is refused; who is there stays."""
        with self._lock:
            if self._listener:
                self._selector.unregister(self._listener)
                self._listener.close()
                self._listener = None

    def accept(self):
        """Ends refuse()."""
        with self._lock:
            if self._listener is None:
                self._listener = socket.socket()
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._listener.bind(self.at)
                self._listener.listen(4096)
                self._listener.setblocking(False)
                self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake()

    def reset(self):
        """Both sides of all that are there get a RST. How many there were."""
        with self._lock:
            links = list(self.links)
            for link in links:
                self._drop(link, reset=True)
        return len(links)

    def blackhole(self, forward=True, back=True):
        """From now on what is sent, ends and resets included, gets lost on the way, of old and of
        new connections, which stay up. A connection that has lost something passes nothing
        any more, even after clear()."""
        self.set(forward={"swallow": forward}, back={"swallow": back})

    def vanish(self):
        """Those that are there never hear of each other again; who comes is served."""
        with self._lock:
            for link in self.links:
                for stream in link.streams:
                    stream.die()
        self._look_at_all()

    def half_close(self, direction):
        """The receivers of "forward" or "back" are told that nothing more comes; what does is
        lost. The other direction goes on."""
        with self._lock:
            for link in self.links:
                getattr(link, direction).cut = True
        self._look_at_all()

    def clear(self):
        """No faults for what comes from now on."""
        with self._lock:
            for way in (self.forward, self.back):
                fresh = vars(Way())
                for name in ("passed", "writes"):
                    del fresh[name]
                vars(way).update(fresh)
        self.accept()
        self._look_at_all()

    # -- what a test may ask

    def wait_links(self, number):
        """Until so many connections are through to the target."""
        uavtest.wait_until(lambda: sum(link.connected for link in list(self.links)) == number)

    def held(self):
        """Bytes that it has taken and not yet passed on."""
        with self._lock:
            return sum(stream.size for link in self.links for stream in link.streams)

    def close(self):
        with self._lock:
            self._open = False
        self._wake()
        self._thread.join(uavtest.DEADLINE)

    # -- its thread

    def _look_at_all(self):
        with self._lock:
            self._busy |= self.links
        self._wake()

    def _wake(self):
        with contextlib.suppress(OSError):  # full: it wakes anyhow
            self._bell.send(b"!")

    def _run(self):
        while True:
            with self._lock:
                if not self._open:
                    break
                wait = self._turn()
            ready = self._selector.select(wait)
            with self._lock:
                for key, events in ready:
                    self._handle(key.fileobj, key.data, events)
        with self._lock:
            for link in list(self.links):
                self._drop(link)
            self.refuse()
        for sock in (self._holder, self._bell, self._woken):
            sock.close()
        self._selector.close()

    def _handle(self, sock, link, events):
        if sock is self._woken:
            with contextlib.suppress(BlockingIOError):
                sock.recv(4096)
        elif sock is self._listener:
            with contextlib.suppress(OSError):
                while True:
                    self._take(sock.accept()[0])
        elif link and not link.gone:
            self._busy.add(link)
            if not link.connected and sock is link.server:
                self._connected(link)
                return
            if events & selectors.EVENT_WRITE:
                link.stream_to(sock).blocked = False
            if events & selectors.EVENT_READ:
                self._read(link, sock)

    def _take(self, client):
        client.setblocking(False)
        link = Link(self, client)
        self.links.add(link)
        self._busy.add(link)
        if self.forward.swallow and self.back.swallow:
            for stream in link.streams:
                stream.die()
            return  # it never comes through
        link.connecting = True
        error = link.server.connect_ex(self.target)
        if error not in (0, errno.EINPROGRESS):
            self._drop(link, reset=True)

    def _connected(self, link):
        if link.server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._drop(link, reset=True)
        else:
            link.connected = True

    def _read(self, link, sock):
        stream = link.stream_from(sock)
        if not stream.may_read():
            return
        try:
            data = sock.recv(CAPACITY - stream.size)
        except BlockingIOError:
            return
        except OSError:
            self._broken(link, sock)
            return
        if data:
            stream.take(data, time.monotonic())
        else:
            stream.ended = True
            if stream.way.swallow:
                stream.die()

    def _broken(self, link, sock):
        """That side is gone: so is the other one, unless it must not know."""
        stream = link.stream_from(sock)
        if stream.dead or stream.way.swallow:
            stream.die()
            stream.ended = True
            link.stream_to(sock).die()
        else:
            self._drop(link, reset=True)

    def _turn(self):
        """Sees to the links that something has happened to, or is to. How long nothing will."""
        now = time.monotonic()
        links, self._busy = self._busy, set()
        wait = None
        for link in links:
            if not link.gone and not self._serve(link, now):
                for stream in link.streams:
                    due = stream.due()
                    if due is not None and link.connected:
                        self._busy.add(link)
                        wait = max(0.0, min(due - now, due - now if wait is None else wait))
        return wait

    def _serve(self, link, now):
        """True: the link is gone."""
        for stream in link.streams:
            if link.connected:
                try:
                    stream.write(now)
                except OSError:
                    self._broken(link, stream.sink)
                    if link.gone:
                        return True
                stream.finish()
        if all(stream.ended and (stream.finished or stream.dead) for stream in link.streams):
            self._drop(link)
            return True
        self._watch(link)
        return False

    def _watch(self, link):
        for sock in (link.client, link.server):
            events = 0
            if sock is link.client or link.connected:
                if link.stream_from(sock).may_read():
                    events |= selectors.EVENT_READ
                if link.stream_to(sock).blocked:
                    events |= selectors.EVENT_WRITE
            elif link.connecting:
                events = selectors.EVENT_WRITE
            self._set_events(link, sock, events)

    def _set_events(self, link, sock, events):
        before = link.watched.get(sock, 0)
        if events == before:
            return
        if not before:
            self._selector.register(sock, events, link)
        elif not events:
            self._selector.unregister(sock)
        else:
            self._selector.modify(sock, events, link)
        link.watched[sock] = events

    def _drop(self, link, reset=False):
        self.links.discard(link)
        link.gone = True
        for sock in (link.client, link.server):
            self._set_events(link, sock, 0)
            if reset:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sock.close()
