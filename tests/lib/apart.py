"""Runs a script of bash as the first process within a network and processes of its own (unshare):
when it is gone, so is all that it has started. Needs nothing of the project, whose build the
environment of a tour does not tell."""

import fcntl
import socket
import struct
import subprocess
import sys


def raise_loopback():
    """Within a network of its own, loopback is down at first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("16sH22x", b"lo", 0)
        (flags,) = struct.unpack("16xH22x", fcntl.ioctl(asking, 0x8913, request))  # SIOCGIFFLAGS
        up = struct.pack("16sH22x", b"lo", flags | 1)  # IFF_UP
        fcntl.ioctl(asking, 0x8914, up)  # SIOCSIFFLAGS


if __name__ == "__main__":
    raise_loopback()
    sys.exit(subprocess.run(["bash", sys.argv[1]], stdin=subprocess.DEVNULL, check=False).returncode)
