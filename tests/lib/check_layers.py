"""`make layers`: includes point one way, and each library stays behind its layer."""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# What a folder may include of the project. "core/message.h" is the core's messages alone.
ALLOWED = {
    "gateway/base": ["base/"],
    "gateway/core": ["base/", "core/"],
    "gateway/settings": ["base/", "core/", "settings/"],
    "gateway/access": ["base/", "core/message.h", "core/name.h", "core/port.h", "settings/", "access/"],
    "gateway/wire": ["base/", "core/message.h", "wire/"],
    "gateway/front": ["base/", "core/message.h", "core/name.h", "wire/", "front/"],
    "gateway/net": ["base/", "core/core.h", "core/message.h", "core/port.h", "wire/", "front/",
                    "settings/", "net/"],
    "gateway/app": ["base/", "core/core.h", "core/message.h", "core/stats.h", "settings/", "access/",
                    "net/", "front/", "app/"],
    "gateway": ["base/", "settings/", "access/", "app/"],
    "gateway/client": ["base/", "core/message.h", "wire/", "client/"],
    # carried into firmware as it is: nothing of the project, nothing but nanopb
    "gateway/client/nanopb": [""],
    "gateway/client/nanopb/posix": [""],
    "gateway/cli": ["base/", "core/message.h", "wire/", "client/", "cli/"],
    "sim-stub": ["base/", "wire/", "models/", ""],
    "sim-stub/conformance": ["base/", "core/message.h", "wire/", ""],
    "sim-stub/models": ["base/", "wire/", "models/", ""],
    "sim-stub/fit": ["base/", "core/geodesy.h", "models/", ""],
    "sim-stub/plot": ["base/", "models/", ""],
    "sim-stub/faults": ["base/", "wire/", "models/", ""],
    "sim-stub/ns3": ["base/", "wire/", "models/", "ns3/", ""],
}
# Which folders may include a library's header, or any of its folder of headers.
LIBRARIES = {
    "uv.h": ["gateway/net", "gateway/app", "sim-stub"],
    "ini.h": ["gateway/settings", "sim-stub"],
    "jansson.h": ["gateway/cli"],
    "histedit.h": ["gateway/cli"],
    "protobuf-c/protobuf-c.h": ["gateway/wire"],
    "drone.pb-c.h": ["gateway/wire"],
    "channel.pb-c.h": ["gateway/wire"],
    "pb.h": ["gateway/client/nanopb"],
    "pb_encode.h": ["gateway/client/nanopb"],
    "pb_decode.h": ["gateway/client/nanopb"],
    "drone.pb.h": ["gateway/client/nanopb"],
    # a host's drone proves itself with what a firmware has an HMAC of its own for
    "openssl/": ["gateway/base", "gateway/client/nanopb/posix"],
    "systemd/": ["gateway/app"],
    # ns-3's own, and what sim-stub/ns3 makes of them
    "ns3/": ["sim-stub/ns3"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
OURS = re.compile(r"^(base|core|settings|access|wire|front|net|app|client|cli)/")


def complaints(path):
    folder = os.path.relpath(os.path.dirname(path), ROOT)
    with open(path, encoding="utf-8") as file:
        includes = INCLUDE.findall(file.read())
    for quote, name in includes:
        library = LIBRARIES.get(name) or LIBRARIES.get(name.split("/")[0] + "/")
        if library:
            if folder not in library:
                yield f"includes <{name}>, which belongs to {', '.join(library)}"
        elif OURS.match(name):
            if not any(rule and name.startswith(rule) for rule in ALLOWED[folder]):
                yield f"includes {name}; it may include {', '.join(filter(None, ALLOWED[folder]))}"
        elif quote == '"' and "" not in ALLOWED[folder]:
            yield f"includes {name}, which is in no layer"


def main():
    files = sorted(f for folder in ALLOWED for kind in ("*.[ch]", "*.cc")
                   for f in glob.glob(os.path.join(ROOT, folder, kind)))
    bad = [f"{os.path.relpath(path, ROOT)}: {text}" for path in files for text in complaints(path)]
    print("\n".join(bad) if bad else f"layers: {len(files)} files, includes point one way")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
