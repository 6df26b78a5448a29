"""`make firmware-size`: what the client takes of a Cortex-M, in flash, RAM and stack.

Builds client, messages and nanopb with arm-none-eabi-gcc into the least image (image.c), reads the
linker's map for who has how much of it, and the compiler's call graph for the stack. Fails when the
README's table is of the same compiler and nanopb and says otherwise. Compiles the README's example on
lwIP as well, so that it does not go stale.

    measure.py FOLDER GENERATED [NANOPB]

FOLDER: for what is built. GENERATED: with drone.pb.c. NANOPB: nanopb's sources; without it those of
the Debian package, fetched by apt-get into FOLDER."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENT = HERE.parent
PAGE = CLIENT / "README.md"
CROSS = "arm-none-eabi-"
CORES = ("cortex-m4", "cortex-m0plus")
FLAGS = ("-mthumb", "-Os", "-std=c11", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra",
         "-Wshadow", "-Werror")
GROUPS = {"client": ("uav_client",), "messages": ("drone.pb",), "nanopb": ("pb_",)}
# A report's outcome: FromGateway, SendReport, TargetOutcome, Hop, Link.
NESTING = 5
INSTALL = "deploy/install-deps.sh --firmware installs what `make firmware-size` needs"


def fail(text):
    sys.exit(f"firmware-size: {text}")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode:
        fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


# ------------------------------------------------------------ nanopb's sources


def fetch_nanopb(folder):
    """The sources of the installed package nanopb, whose headers the generator's code fits. Debian has
    them as a source package alone; apt-get checks its signature."""
    version = run("dpkg-query", "-W", "-f", "${Version}", "libnanopb-dev")
    there = folder / f"nanopb-{version}"
    if (there / "pb_decode.c").exists():
        return there
    if not shutil.which("apt-get"):
        fail("nanopb's sources are not here, and no apt-get to fetch them: name them, "
             "make firmware-size NANOPB=FOLDER")
    shutil.rmtree(there, ignore_errors=True)
    (there / "lists/partial").mkdir(parents=True)
    archives = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)",
                   "Created-By: Packages")
    wanted = sorted({line.split(" ", 1)[1] for line in archives.splitlines()
                     if line.split(" ", 1)[0] in ("Debian", "Ubuntu")})
    (there / "sources.list").write_text("".join(f"deb-src {line}\n" for line in wanted), encoding="utf-8")
    own = ("-o", f"Dir::Etc::SourceList={there / 'sources.list'}", "-o", "Dir::Etc::SourceParts=-",
           "-o", f"Dir::State::Lists={there / 'lists'}", "-o", "APT::Sandbox::User=root")
    run("apt-get", *own, "update")
    run("apt-get", *own, "source", "--download-only", f"nanopb={version}", cwd=there)
    (archive,) = there.glob("nanopb_*.orig.tar.*")
    run("tar", "-xf", archive, "-C", there, "--strip-components=1")
    shutil.rmtree(there / "lists")
    return there


# -------------------------------------------------------------------- building


def sources(generated, nanopb):
    return [*sorted(CLIENT.glob("*.c")), generated / "drone.pb.c",
            *(nanopb / name for name in ("pb_common.c", "pb_decode.c", "pb_encode.c")), HERE / "image.c"]


def build(core, folder, generated, nanopb):
    """(map of the linker, call graphs) of the image for that core."""
    there = folder / core
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir(parents=True)
    objects = []
    for source in sources(generated, nanopb):
        objects.append(there / f"{source.stem}.o")
        run(f"{CROSS}gcc", f"-mcpu={core}", *FLAGS, "-fcallgraph-info=su", f"-I{generated}",
            f"-isystem{nanopb}", "-c", "-o", objects[-1], source)
    run(f"{CROSS}gcc", f"-mcpu={core}", "-mthumb", "--specs=nano.specs", "-nostartfiles", "-T",
        HERE / "image.ld", "-Wl,--gc-sections", f"-Wl,-Map={there / 'image.map'}", "-o",
        there / "image.elf", *objects)
    graphs = [path.read_text(encoding="utf-8") for path in there.glob("*.ci")]
    return (there / "image.map").read_text(encoding="utf-8"), graphs


# ------------------------------------------------------------------- flash, RAM

PIECE = re.compile(r"^ \.(\S+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$")


def group_of(path):
    stem = Path(path.split("(")[0]).name
    return next((name for name, begins in GROUPS.items() if stem.startswith(begins)),
                "image" if stem.startswith("image") else "C library")


def sizes(text):
    """{group: [flash, RAM]} of the image, and of the drone's own memory {symbol: bytes}."""
    found, own = defaultdict(lambda: [0, 0]), {}
    kept = text[text.index("Linker script and memory map"):]
    kept = re.sub(r"\n (\.\S+)\n\s+0x", r"\n \1 0x", kept)  # long names have a line of their own
    for line in kept.splitlines():
        piece = PIECE.match(line)
        if not piece:
            continue
        section, size, group = piece[1], int(piece[2], 16), group_of(piece[3])
        kind = section.split(".")[0]
        if kind in ("text", "rodata", "data", "vectors"):
            found[group][0] += size
        if kind in ("data", "bss"):
            if group == "image":
                own[section.split(".")[-1]] = size
            else:
                found[group][1] += size
    return found, own


# ----------------------------------------------------------------------- stack


def read_graphs(graphs):
    """({function: bytes of its frame}, {function: who it calls}); a static one has its file's name
    before its own."""
    frames, calls = {}, defaultdict(set)
    for text in graphs:
        for title, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]+)"', text):
            frame = re.search(r"(\d+) bytes", label)
            if frame:
                frames[title] = int(frame[1])
        for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            calls[source].add(target)
    return frames, calls


def short(title):
    return title.split(":")[-1].split(".")[0]


# Who is called through a pointer, by who calls.
INDIRECT = {
    "uav_client_": (),  # the handler's own stack comes on top
    "pb_dec": ("begin_body", "find_payload", "read_drone", "read_scenario", "read_presence",
               "read_outcome"),
    "decode_": ("begin_body", "find_payload", "read_drone", "read_scenario", "read_presence",
                "read_outcome"),
    "pb_read": ("read_on",),
    "pb_close": ("read_on",),
    "encode_": ("put_payload",),
    "pb_enc": ("put_payload",),
    "pb_write": (),
}


def resolve(calls, frames):
    """The pointers followed."""
    by_name = defaultdict(set)
    for title in frames:
        by_name[short(title)].add(title)
    whole = {}
    for source, targets in calls.items():
        whole[source] = {target for target in targets if target in frames}
        if "__indirect_call" in targets:
            for begins, names in INDIRECT.items():
                if short(source).startswith(begins):
                    for name in names:
                        whole[source] |= by_name[name]
    return whole


def components(calls, nodes):
    """Strongly connected components: {function: number}."""
    reach = {}
    for node in nodes:
        seen, todo = set(), [node]
        while todo:
            for target in calls.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        reach[node] = seen
    return {node: frozenset({node} | {other for other in reach[node] if node in reach[other]})
            for node in nodes}


def longest_within(start, group, calls, frames, seen=frozenset()):
    """Of the ways through a recursion that meet no function twice, the dearest."""
    seen = seen | {start}
    return frames[start] + max((longest_within(target, group, calls, frames, seen)
                                for target in calls.get(start, ())
                                if target in group and target not in seen), default=0)


def worst(name, calls, frames):
    """At most how many bytes of stack a call of that function takes: each recursion NESTING times its
    longest way."""
    groups = components(calls, frames)
    known = {}

    def cost(group):
        if group not in known:
            own = max(longest_within(start, group, calls, frames) for start in group)
            recursive = len(group) > 1 or any(node in calls.get(node, ()) for node in group)
            behind = {groups[target] for node in group for target in calls.get(node, ())} - {group}
            known[group] = own * (NESTING if recursive else 1) + max(map(cost, behind), default=0)
        return known[group]

    (title,) = [title for title in frames if short(title) == name]
    return cost(groups[title])


# ----------------------------------------------------------------------- lwIP

LWIP = Path("/usr/include/lwip")
# What a port of lwIP brings; a firmware has its own.
PORT = {
    "arch/cc.h": "#define BYTE_ORDER LITTLE_ENDIAN\n#define LWIP_PLATFORM_DIAG(x)\n"
                 "#define LWIP_PLATFORM_ASSERT(x)\n#define LWIP_RAND() 4\n",
    "lwipopts.h": "#define NO_SYS 1\n#define SYS_LIGHTWEIGHT_PROT 0\n#define LWIP_SOCKET 0\n#define LWIP_NETCONN 0\n"
                  "#define MEM_ALIGNMENT 4\n#define TCP_MSS 1460\n",
}


def compile_lwip(folder, generated, nanopb):
    """The block of the README that is C on lwIP, for a Cortex-M."""
    if not (LWIP / "lwip/tcp.h").exists():
        fail(f"lwIP's headers are not here (liblwip-dev); {INSTALL}")
    there = folder / "lwip"
    for name, text in PORT.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text(text, encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"(?ms)^```c\n(.*?)^```$", page) if "lwip/tcp.h" in block]
    (there / "lwip_drone.c").write_text(block, encoding="utf-8")
    run(f"{CROSS}gcc", "-mcpu=cortex-m4", *FLAGS, f"-I{CLIENT}", f"-I{generated}", f"-isystem{nanopb}",
        f"-isystem{there}", f"-isystem{LWIP}", "-c", "-o", there / "lwip_drone.o", there / "lwip_drone.c")


# ---------------------------------------------------------------------- report


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(results):
    rows = [row("", *(f"{core}: flash" if at == 0 else "RAM" for core in CORES for at in (0, 1))),
            row(*["---"] + ["---:"] * (2 * len(CORES)))]
    for group in (*GROUPS, "C library"):
        rows.append(row(group, *(results[core][0][group][at] for core in CORES for at in (0, 1))))
    rows.append(row("**all of it**", *(
        f"**{sum(sizes[at] for name, sizes in results[core][0].items() if name != 'image')}**"
        for core in CORES for at in (0, 1))))
    for what, symbols in (("a drone: `struct uav_client`", ("client",)),
                          ("its least buffers", ("in", "out"))):
        rows.append(row(what, *(cell for core in CORES
                                for cell in ("", sum(results[core][1][symbol] for symbol in symbols)))))
    for what, name in (("stack: `uav_client_received`, at most", "uav_client_received"),
                       ("stack: `uav_client_send`, at most", "uav_client_send")):
        rows.append(row(what, *(cell for core in CORES for cell in ("", results[core][2][name]))))
    return rows


def words(rows):
    """Without the blanks, which a page sets as it likes."""
    return [[cell.strip() for cell in line.split("|")] for line in rows]


def compare(rows, made_with):
    """With the page's table, if that is of the same compiler and nanopb."""
    page = PAGE.read_text(encoding="utf-8")
    told = re.search(r"(?m)^With gcc (\S+) .*nanopb (\S+), in bytes:\n\n((?:\|.*\n)+)", page)
    if not told:
        fail(f"{PAGE} has no table behind a line `With gcc …, nanopb …, in bytes:`")
    if (told[1], told[2]) != made_with:
        print(f"\nnot compared with the README's table, which is of gcc {told[1]} and nanopb {told[2]}")
    elif words(rows) != words(told[3].splitlines()):
        fail(f"{PAGE} says otherwise: put the table above in the place of its own, and look after "
             "the kB in README.md and proto/README.md")


def main():
    folder, generated = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    if not shutil.which(f"{CROSS}gcc"):
        fail(f"{CROSS}gcc is not here; {INSTALL}")
    folder.mkdir(parents=True, exist_ok=True)
    nanopb = Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else fetch_nanopb(folder)
    if not (nanopb / "pb_decode.c").exists():
        fail(f"{nanopb} has no pb_decode.c: NANOPB= names the folder of nanopb's sources")
    compile_lwip(folder, generated, nanopb)
    results = {}
    for core in CORES:
        text, graphs = build(core, folder, generated, nanopb)
        frames, calls = read_graphs(graphs)
        calls = resolve(calls, frames)
        results[core] = (*sizes(text), {name: worst(name, calls, frames)
                                        for name in ("uav_client_received", "uav_client_send")})
    gcc = run(f"{CROSS}gcc", "-dumpfullversion").strip()
    version = re.search(r'NANOPB_VERSION "nanopb-([^"]+)"', (nanopb / "pb.h").read_text(encoding="utf-8"))[1]
    print(f"bytes; {CROSS}gcc {gcc}, -Os, nanopb {version}; the example on lwIP compiles\n")
    rows = table(results)
    print("\n".join(rows), flush=True)
    compare(rows, (gcc, version))


if __name__ == "__main__":
    main()
