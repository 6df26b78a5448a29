"""By what drones of the soak get in: secrets, in a file that changes while they fly, and TLS."""

import hashlib
import hmac
import ssl
import time

MOST_IDS = 200_000  # of which a secrets file may be (16 MiB)
SETTLED_S = 10.0  # after a change: by then the gateway has taken it in


class Credentials:
    """A secret for each id. Some are withdrawn, given back or replaced now and then."""

    def __init__(self, path, count, draws):
        self.path, self.random = path, draws
        self.ids = [f"d{number:05}" for number in range(min(count, MOST_IDS))]
        self.version = dict.fromkeys(self.ids, 0)  # of the secret
        self.withdrawn = set()
        self.changed = {}  # id: when it was changed last
        self.write()

    def secret(self, drone_id):
        return hashlib.sha256(f"{drone_id}.{self.version.get(drone_id)}".encode()).hexdigest()[:24]

    def proof(self, drone_id, nonce, wrong=False):
        secret = "0123456789abcdef" if wrong else self.secret(drone_id)
        return hmac.new(secret.encode(), nonce + drone_id.encode(), hashlib.sha256).digest()

    def write(self):
        """Nobody reads half of it."""
        whole = self.path.with_suffix(".new")
        whole.touch(0o600)
        whole.write_text("".join(f"{drone_id} {self.secret(drone_id)}\n" for drone_id in self.ids
                                 if drone_id not in self.withdrawn), "utf-8")
        whole.replace(self.path)

    def change(self, among):
        """One in twenty of them loses its credential or gets another; half of those that had
        lost one have it again. `among`: ids that fly, say."""
        now = time.monotonic()
        back = self.random.sample(sorted(self.withdrawn), len(self.withdrawn) // 2)
        self.withdrawn.difference_update(back)
        known = sorted(self.version.keys() & set(among))
        for drone_id in self.random.sample(known, len(known) // 20):
            if self.random.random() < 0.5:
                self.withdrawn.add(drone_id)
            else:
                self.version[drone_id] += 1
            self.changed[drone_id] = now
        self.changed.update(dict.fromkeys(back, now))
        self.write()

    def is_good(self, drone_id, now):
        """It has been for a while: who has it is let in."""
        return (drone_id in self.version and drone_id not in self.withdrawn
                and now - self.changed.get(drone_id, 0.0) > SETTLED_S)

    def has_ended(self, drone_id, since, now):
        """Who came by it at `since` must be gone."""
        return since < self.changed.get(drone_id, 0.0) < now - SETTLED_S


class Tls:
    """The drone's end of TLS, over bytes that somebody else carries."""

    def __init__(self, context, name):
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._unsaid = b""  # until hands are shaken
        self._shaken = False

    def seal(self, data):
        """What is to be written so that the other side reads `data`."""
        self._unsaid += data
        if self._shake() and self._unsaid:
            self._tls.write(self._unsaid)
            self._unsaid = b""
        return self._out.read()

    def open(self, data):
        """What the other side has said; None: it has said that this was all, or nonsense."""
        self._in.write(data)
        said = b""
        try:
            while self._shake() and (part := self._tls.read(1 << 16)):
                said += part
        except ssl.SSLWantReadError:
            return said
        except ssl.SSLError:
            return said or None
        return said

    def _shake(self):
        if not self._shaken:
            try:
                self._tls.do_handshake()
                self._shaken = True
            except ssl.SSLWantReadError:
                pass
        return self._shaken
