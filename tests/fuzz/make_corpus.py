"""Writes the seed corpora of the codecs' fuzzers from the golden frames and a few
hostile ones: tests/fuzz/corpus/{frame,hot_codec,channel,event,text,firmware,radio_log}; and those of the readers of
files from the files that come with the gateway: tests/fuzz/corpus/{settings,options}, with the
fuzzer's dictionary settings.dict. Run it after these have changed; what it writes is
committed."""
import glob
import math
import os
import re
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
VECTORS = os.path.join(ROOT, "proto", "vectors")

# kinds of fuzz_hot_codec, by envelope and field number of the body
HOT = {
    ("to_gateway", 2): 0,
    ("from_gateway", 2): 1,
    ("from_gateway", 3): 2,
    ("to_simulator", 1): 3,
    ("from_simulator", 1): 4,
}


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(number_, value):
    return varint(number_ << 3) + varint(value)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def body_of(message):
    """(field number, bytes) of the one body of an envelope."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        value, at = read_varint(message, at)
        if tag & 7 == 2:
            return tag >> 3, message[at:at + value]
    raise ValueError("no body")


def golden():
    """(name, frame with its prefix, message) of every golden frame."""
    for path in sorted(glob.glob(os.path.join(VECTORS, "*.hex"))):
        with open(path, encoding="ascii") as file:
            frame = bytes.fromhex(file.read())
        _, at = read_varint(frame, 0)
        yield os.path.splitext(os.path.basename(path))[0], frame, frame[at:]


def save(corpus, name, data):
    folder = os.path.join(HERE, "corpus", corpus)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def frame_seeds(frames):
    def seed(name, stream, largest=0xFFFF, cuts=bytes(range(8))):
        save("frame", name, struct.pack(">H", largest) + cuts + stream)

    seed("three_frames", frames["to_gateway_ping"] + frames["to_gateway_send_drone"] +
         frames["to_gateway_leave"])
    seed("byte_by_byte", frames["to_gateway_send_drone"] * 2, cuts=bytes(8))
    seed("cut_short", frames["from_gateway_delivery"][:-1])
    seed("zero_length", b"\x00")
    seed("zero_length_in_two_bytes", b"\x80\x00")
    seed("over_the_cap", varint(4097) + b"x" * 16, largest=4096)
    seed("at_the_cap", varint(300) + b"x" * 300, largest=300)
    seed("endless_varint", b"\xff" * 16)
    seed("over_32_bits", b"\xff\xff\xff\xff\x1f")
    seed("largest_length", b"\xff\xff\xff\xff\x0f")


def hot_seeds(messages):
    for name, message in messages.items():
        envelope = "_".join(name.split("_")[:2])
        body, content = body_of(message)
        kind = HOT.get((envelope, body))
        if kind is not None:
            save("hot_codec", name, bytes([kind]) + content)
    nan = b"\x25\x00\x00\xc0\x7f"
    hop = field(1, b"a") + field(2, b"b")
    save("hot_codec", "hostile_send_everyone_twice", b"\x00" + field(3, b"") * 2)
    save("hot_codec", "hostile_send_three_targets",
         b"\x00" + field(1, b"a") + field(3, b"") + field(2, b"g"))
    save("hot_codec", "hostile_send_not_utf8", b"\x00" + field(1, b"\xc0\x80"))
    save("hot_codec", "hostile_send_nul", b"\x00" + field(1, b"a\x00b"))
    save("hot_codec", "hostile_send_report_unknown", b"\x00" + number(6, 3))
    save("hot_codec", "hostile_send_wrong_type", b"\x00" + number(4, 3))
    save("hot_codec", "hostile_delivery_link_nan", b"\x01" + field(15, hop + field(7, nan)))
    save("hot_codec", "hostile_delivery_link_twice", b"\x01" + field(15, field(7, b"") * 2))
    save("hot_codec", "hostile_delivery_hops", b"\x01" + field(15, b"") * 500)
    save("hot_codec", "hostile_report_outcome_unknown", b"\x02" + field(1, number(2, 13)))
    save("hot_codec", "hostile_transmit_both_packings",
         b"\x03" + field(4, b"\x01\x02\x80\x01") + number(4, 7))
    save("hot_codec", "hostile_transmit_cut_in_packed", b"\x03" + field(4, b"\x01\x80"))
    save("hot_codec", "hostile_result_link_nan", b"\x04" + field(2, field(4, nan)))
    save("hot_codec", "hostile_result_receptions", b"\x04" + b"\x12\x00" * 60)
    floats = [bytes([n << 3 | 5]) + struct.pack("<f", n / 16) for n in range(4, 12)]
    others = number(1, 0xFFFFFFFF) + number(2, 300) + number(12, 1) + number(13, 7)
    unknown = b"\x7d" + struct.pack("<f", 7.5)
    long_tag = b"\x88\x00\x05"
    for name, link in {
            "whole": b"".join(floats) + others,
            "twice": b"".join(floats) * 2,
            "backwards": others + b"".join(reversed(floats)),
            "almost": b"".join(floats[:5]) + unknown + b"".join(floats[6:]),
            "one_missing": b"".join(floats[:4] + floats[5:]) + unknown,
            "infinite": b"".join(floats[:-1]) + b"\x5d\x00\x00\x80\x7f",
            "newer": b"".join(floats) + number(12, 3),
            "newer_by_far": number(12, 2 ** 64 - 1),
            "long_numbers": long_tag + b"\x10\x85" + b"\x80" * 8 + b"\x00" + b"\x68\xff\xff\xff\xff\x7f",
            "too_long_a_number": b"\x08" + b"\x80" * 10 + b"\x00",
            "too_large_a_number": b"\x08" + b"\xff" * 9 + b"\x02",
    }.items():
        save("hot_codec", "link_" + name, b"\x04" + field(2, number(1, 2) + field(4, link)))
        save("hot_codec", "delivery_link_" + name, b"\x01" + field(15, hop + field(7, link)))
    save("hot_codec", "transmit_long_numbers", b"\x03" + number(6, 2 ** 63) + number(8, 2 ** 56 - 1) +
         number(2, 2 ** 28) + field(4, b"".join(varint(2 ** (7 * i)) for i in range(5))))
    save("hot_codec", "hostile_group", b"\x00\x0b\x0c")
    save("hot_codec", "hostile_long_tag", b"\x00\x8a\x80\x80\x80\x80\x00\x01a")


def channel_seeds(messages):
    for name, message in messages.items():
        if name.startswith("to_simulator"):
            save("channel", name, b"\x00" + message)
        elif name.startswith("from_simulator"):
            save("channel", name, b"\x01" + message)
    save("channel", "hostile_two_bodies", b"\x00" + field(6, b"") * 2)
    save("channel", "hostile_unknown_body", b"\x01" + field(99, b"abc"))
    save("channel", "hostile_bomb_parameters", b"\x02" + field(4, field(3, b"") * 2000))
    save("channel", "hostile_bomb_models", b"\x03" + field(4, field(4, b"") * 2000))
    save("channel", "hostile_bomb_unknown", b"\x03" + field(2, b"\x98\x06\x00" * 1000))


def event_seeds(messages):
    for name, message in messages.items():
        if name.startswith("from_gateway"):
            save("event", name, b"\x0e" + message)
    entry = field(1, b"drone-1") + field(2, b"Falke \xc3\xa4") + number(3, 1)
    save("event", "many_entries", b"\x00" + field(6, field(1, entry) * 100 + number(2, 7)))
    other = field(1, b"d") + number(3, 2) + number(4, 6) + field(5, b"alpha")
    save("event", "presence_for_many", b"\x00" + field(6, field(1, entry) + field(1, other) * 600))
    save("event", "presence_in_large_frames", b"\x0e" + field(6, field(1, other) * 1024))
    save("event", "hostile_too_many", b"\x00" + field(6, field(1, b"") * 1025))
    save("event", "hostile_two_bodies", b"\x00" + field(7, b"") + field(4, b""))
    save("event", "hostile_bomb", b"\x01" + field(12, field(1, field(7, b"")) * 1000))
    save("event", "unknown_body", b"\x00" + field(99, b"") + number(1, 5))


def read_text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    return "".join(line + "\n" for line in text.splitlines() if line and line[0] != "#")


LISTEN = "[listen:a]\naddress = 127.0.0.1:7600\n"


def settings_seeds():
    def seed(name, *texts):
        save("settings", name, b"\x1d".join(
            text if isinstance(text, bytes) else text.encode() for text in texts))

    main_file = read_text("config", "gateway.ini").replace("scenarios/", "")
    ready = {os.path.basename(path): read_text(path)
             for path in sorted(glob.glob(os.path.join(ROOT, "config", "scenarios", "*.ini")))}
    seed("as_it_comes", main_file)
    seed("without_comments", without_comments(main_file))
    seed("all_scenarios", without_comments(main_file) + "".join(
        map(without_comments, ready.values())))
    seed("includes", without_comments(main_file).replace("*.ini", "[ab].ini"),
         *(without_comments(ready[name]) for name in ("star-relay.ini", "star-deny.ini")))
    seed("include_itself", LISTEN + "[gateway]\ninclude = *\n")
    seed("include_in_a_ring", LISTEN + "[gateway]\ninclude = a.ini\n",
         "[gateway]\ninclude = b.ini\n", "[gateway]\ninclude = first.ini\n")
    seed("include_twice", LISTEN + "[gateway]\ninclude = a.ini\ninclude = a.ini\n", "[limits]\n")
    seed("include_missing", LISTEN + "[gateway]\ninclude = none.ini # x\ninclude = n*\n")
    seed("include_folder", LISTEN + "[gateway]\ninclude = .\ninclude = .*\n")
    seed("include_with_more", LISTEN + "[gateway]\ninclude = a.ini\n", "[gateway]\nname = x\n" + LISTEN)
    for name, text in {
            "least": LISTEN,
            "nothing": "",
            "running": "[listen:two]\naddress = 127.0.0.1:7601\nscenario = field\n[listen:one]\n"
                       "address = 127.0.0.1:7600\n[simulator:far]\naddress = 127.0.0.1:7701\n"
                       "[simulator]\n[scenario:field]\nchannel.model = free-space\n",
            "unix": "[listen:a]\naddress = unix:/run/a.sock\n[simulator]\naddress = unix:/run/b\n",
            "v6": "[listen:a]\naddress = [::1]:0\n[listen:b]\naddress = [::]:7600\n",
            "same_address": LISTEN + "[listen:b]\naddress = 127.0.0.1:7600\n[simulator]\n"
                            "address = 127.0.0.1:7600\n",
            "made_elsewhere": "\ufeff# x\r\n\r\n; y\r\n  [listen:a]\r\n\taddress=[::1]:0  \r\n"
                              "protocol\t=\tprotobuf\r\n[gateway]\r\nname = gw-1",
            "texts": LISTEN + "[scenario:hills]\ndescription = Hills; two = fun \u2713\nmax_drones = 7"
                     "\norigin = -33.5 ,+151.25,  -1.5e2\nchannel.b = 2 = two\nchannel.a =\n",
            "star_without_hub": LISTEN + "[scenario:s]\ntopology = star\n[scenario:t]\nhub = x\n",
            "references": LISTEN + "scenario = s\n[gateway]\ndefault_scenario = t\n[scenario:s]\n"
                          "simulator = far\n[simulator:far]\naddress = 127.0.0.1:0\n",
            "rules": LISTEN + "[sessions]\nidle_timeout_ms = 500\nping_interval_ms = 500\n[limits]\n"
                     "max_frame_bytes = 1048576\nmax_in_flight = 1\noutput_soft_bytes = 9999999\n",
            "numbers": LISTEN + "[limits]\nmax_drones = -1\nmax_queued = 0x10\nqueue_ms = 5 ; x\n"
                       "max_in_flight_bytes = 99999999999999999999\nmax_in_flight =\n",
            "twice": LISTEN + "[gateway]\nname = a\nname = b\n[scenario:s]\nchannel.x = 1\n"
                     "channel.x = 2\n[scenario:s]\n[gateway]\n",
            "misspelt": "[listn:a]\n[gateway]\nnmae = x\nmax_drones = 3\n[scenario:s]\n"
                        "chanel.model = y\n[gateway:x]\n[scenario]\n[scenario:]\n[scenario:a b]\n",
            "form": "name = x\n[gateway\nnonsense\na: b\n= 5\n[gateway] # x\nname = two words\n",
            "long_line": LISTEN + "[scenario:s]\nchannel.x=" + "y" * 990 + "\nchannel.y = "
                         + "z" * 991 + "\n",
            "many": LISTEN + "".join(f"[listen:l{n}]\naddress = 127.0.0.1:{n}\n" for n in range(1, 18))
                    + "[scenario:s]\n" + "".join(f"channel.k{n} = {n}\n" for n in range(257)),
            "secret": LISTEN + "[auth]\nmode = secret\nsecrets_file = drones.secrets\n"
                      "[listen:b]\naddress = 0.0.0.0:7601\n[scenario:s]\nallow = uav-*, base\n",
            "tls": LISTEN + "tls_cert = a.pem\ntls_key = a.key\ntls_ca = ca.pem\n[auth]\nmode = tls\n"
                   "[simulator]\ntls_ca = ca.pem\ntls_name = sim\n",
            "open": "[listen:a]\naddress = 0.0.0.0:7600\n[listen:b]\naddress = [::]:7601\n"
                    "insecure = yes\n[auth]\nmode = none\n",
            "halves": LISTEN + "tls_cert = a.pem\ninsecure = yes\n[auth]\nmode = secret\n[simulator]\n"
                      "address = unix:/s\ntls_key = a.key\ntls_ca = ca.pem\n[scenario:s]\nallow = [a-\n",
            "section_twice": LISTEN + "[limits]\n[limits]\noutput_soft_bytes = 262144\n",
            "log": LISTEN + "[gateway]\nlog_level = debug\nlog_format = json\n[presence]\n",
    }.items():
        seed(name, text)
    seed("not_text", LISTEN.encode() + b"[scenario:s]\ndescription = \xff\nchannel.x = a\x1b[2J\n"
         b"[gateway]\nname = a\x00b\n")
    save_dictionary()


def save_dictionary():
    """What stands in the table of keys."""
    table = read_text("gateway", "settings", "table.c") + read_text("gateway", "settings", "table_rows.c")
    sections = re.findall(r'^\t\{"(\w+)", TARGET', table, re.M)
    values = re.findall(r'\.(?:preset|example) = "([^"]+)"', table)
    values += re.findall(r'^\t\{"(\w+)", \S+ (?:true|false)\}', table, re.M)
    words = {"channel.", "unix:/", "127.0.0.1:0", "[::1]:7600", "include = a.ini\\x0a", "\\x1d"}
    words |= {f"[{name}]\\x0a" for name in sections}
    words |= {f"[{name}:s]\\x0a" for name in ("listen", "simulator", "scenario")}
    words |= {f"\\x0a{key} = " for key in re.findall(r'\.key = "([\w.]+)"', table)}
    words |= {f"= {value}\\x0a" for value in values}
    with open(os.path.join(HERE, "settings.dict"), "w", encoding="ascii") as file:
        print("# Words of gateway.ini, for libFuzzer; made by make_corpus.py", file=file)
        for word in sorted(words):
            print(f'"{word}"', file=file)


def options_seeds():
    for name, text in {
            "both": "[sim]\nlisten = 127.0.0.1:7700\nseed = 7\n",
            "v6": "; made elsewhere\r\n[sim]\r\nlisten=[::1]:0\r\n",
            "name": "[sim]\nlisten = localhost:65535\n",
            "mistakes": "[sim]\nlisten = 127.0.0.1:65536\nseed = -1\nsed = 3\n[other]\nseed = 1\n",
            "twice": "[sim]\nseed = 18446744073709551615\nseed = 18446744073709551616\n",
            "form": "seed = 1\n[sim\nnonsense\n: 5\n[sim]\nseed\n",
            "long_line": "[sim]\nlisten = " + "h" * 300 + ":1\nseed = " + "0" * 190 + "1\n",
            "long_names": "[" + "s" * 80 + "]\n" + "k" * 80 + " = 1\n",
            "indented": "[sim]\nlisten = 127.0.0.1:1\n  :2\n seed = 1\n",
            "comment": "[sim] ; x\nseed = 1 ; x\n# y\n",
            "not_text": "[sim]\nse\u202eed = \u0085\nlisten = \x1b[2J:1\n",
            "nothing": "",
    }.items():
        save("options", name, text.encode())
    save("options", "nul", b"[sim]\nseed = 1\x00\nlisten\x00 = 2\n\x00\n\xff\xfe\n")


def secrets_seeds():
    one, other = "0123456789abcdef", "fedcba9876543210"
    printable = "".join(map(chr, range(33, 127)))
    for name, text in {
            "usual": f"# drones of the lab\nuav1 {one}{other}\nuav2 {other}{one} field, test-*\n\n"
                     f"ground {one * 4}\n",
            "editor": f"\ufeff# x\r\n \tuav1\t{one}  field \r\n\r\nuav2 {other}",
            "secrets": f"a {printable}\nb {'x' * 128}\nc {'y' * 16}\n",
            "globs": f"a {one} [a-c]*,[!x]?\nb {one} *\nc {one} ,\nd {one} [z-a]\ne {one} a[\n"
                     f"f {one} {'g' * 1001}\n",
            "mistakes": f"uav1\nuav2 short\nno_id! {one}\n{'i' * 33} {one}\nuav3 {'x' * 129}\n"
                        f"uav4 {one} # mine\nuav5 {one}\nuav5 {other}\n",
            "wrong_way_round": f"{one}{other}{one} uav1\n{one} uav2\n",
            "comments": "#\n # \n#" + "x" * 40,
            "many_mistakes": "x\n" * 120,
            "pem": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
            "nothing": "",
    }.items():
        save("secrets", name, text.encode())
    save("secrets", "not_text", f"uav1 {one}\x00\nuav2 {one}".encode() + b"\xff\n\x00\n\x1b[31m x\n")


TEXT_SECRET, TEXT_ANSWER, TEXT_ALTER, TEXT_TIME, TEXT_DEAF, TEXT_PARTS = (1 << n for n in range(6))


def text_seeds():
    """What a drone writes by lines, and what the gateway's lines are made of."""
    talk = (b"help\nwho\r\nwho|alpha\nscenarios\nrename|al ice|x\nhello, all\nto|other|hi\n"
            b"to|guest-1|me\njoin|wing\ngroup|wing|go\nmove|1|-2.5|1e2\nping\n\nleave|wing\n"
            b"scenario|beta\nall|x\nscenario|\nall|x\nrename|\nquit\nwho\n")
    seen = TEXT_ANSWER | TEXT_TIME
    proof = b"proof|" + b"aA" * 32 + b"\n"
    telnet = b"\xff\xfb\x1f\xff\xfa\x1f\x00P\x00\x0a\xff\xf0"
    for name, flags, cut, stream in (
            ("talk", seen, 0, talk),
            ("in_pieces", seen, 1, talk),
            ("altered", seen | TEXT_ALTER, 0, talk),
            ("deaf", seen | TEXT_DEAF, 0, talk * 8 + b"who\n" * 200),
            ("unanswered", 0, 0, b"all|x\n" * 10 + b"to|other|y\n" * 10),
            ("proves", TEXT_SECRET | seen, 3, b"register|uav1\n" + proof + talk),
            ("stranger", TEXT_SECRET, 0, b"register|stranger\n" + proof + talk),
            ("wrong_proof", TEXT_SECRET, 0, b"register|uav1\nproof|00\nwho\n"),
            ("no_proof", TEXT_SECRET, 0, b"register|uav1\nwho\n"),
            ("no_registration", TEXT_SECRET, 0, b"\n" + talk),
            ("telnet", seen, 5, telnet + b"pi\xff\xf1ng\r\0" + telnet + b"all|\xff\xff\n"),
            ("cut_in_telnet", seen, 0, b"who\n\xff\xfa\n\n\xff"),
            ("no_end", 0, 9, b"all|" + b"x" * 5000),
            ("not_text", seen, 0, b"all|\xc0\x80\nwho\0\nto|\xed\xa0\x80|x\n"),
            ("parts_missing", 0, 0, b"to\nto|x\nall\ngroup|x\nmove|1|2\nrename\nregister|\nproof|x\n"),
            ("names", seen, 0, b"rename|a> [1.00 dB] \\ <b\nall|* goodbye\nrename|\xc2\xa0\xe2\x80\x8b\n"
             b"to|\\ |x\nto|a\\> [1.00\\ dB]\\ \\\\\\ \\<b|x\n"),
    ):
        save("text", name, bytes([flags, cut]) + stream)
    for name, parts in (
            ("usual", (b"al ice", b"red", b"", b"hello")),
            ("hostile", (b"a> [1 dB] x\n<b", b"r|>", b"text/\n", b"\n* goodbye\r\x1b[2J\xff\\")),
            ("octets", (b"\\", b"", b"application/x)\n* y", b"\x00" * 40)),
            ("grows", (b"x", b"", b"", b"\x01" * 3000)),
            ("link", (b"\xe3\x80\x80", b"g", b"x/json", b"\x08\x5c\x3d\x33\x33\x7b\x41")),
    ):
        save("text", "parts_" + name, bytes([TEXT_PARTS, 0]) + b"\x1d".join(parts))
    words = ["who", "scenarios", "scenario|", "rename|", "to|", "all|", "group|", "join|", "leave|",
             "move|", "ping", "quit", "help", "register|", "proof|", "other", "alpha", "wing",
             "\\\\", "|", "\\x0a", "\\x0d\\x00", "\\xff\\xfa", "\\xff\\xf0", "\\xff\\xff", "\\x1d", "aa" * 32]
    with open(os.path.join(HERE, "text.dict"), "w", encoding="ascii") as file:
        print("# Words of the text protocol, for libFuzzer; made by make_corpus.py", file=file)
        for word in words:
            print(f'"{word}"', file=file)


def firmware_seeds(frames):
    """Flags, eight cuts, stream."""
    def seed(name, stream, flags=1, cuts=bytes((0, 2, 6, 20, 1, 100, 0, 255))):
        save("firmware", name, bytes((flags,)) + cuts + stream)

    said = {name.removeprefix("from_gateway_"): frame for name, frame in frames.items()
            if name.startswith("from_gateway_")}
    for name, frame in said.items():
        seed(name, frame)
    seed("challenged", said["challenge"] + said["welcome"] + said["delivery"], flags=0)
    seed("refused", said["error"] + said["goodbye"], flags=0)
    seed("all_of_it", b"".join(frame for name, frame in said.items() if name != "goodbye"), flags=3)
    seed("too_large_then_small", varint(900) + bytes(900) + said["delivery"])
    seed("endless_varint", b"\xff" * 6)
    seed("no_length", b"\x00" + said["delivery"])


def radio_log_seeds():
    """Logs of both kinds that --fit can use, and ones with what may be wrong with them."""
    def levels(count):
        return [round(-40 - 20 * math.log10(60 + 20 * at) + (at * 37 % 11 - 5) / 2, 1) for at in range(count)]

    for name, text in (
            ("opentx", "Date,Time,1RSS(dB),2RSS(dB),RQly(%),TPWR(mW),GPS,Alt(m),Sats\n" + "".join(
                f"2017-08-06,11:03:{at:02d}.470,{40 + at // 2},{41 + at // 2},100,{10 if at < 20 else 100},"
                f"{47 + at * 2e-4:.6f} 8.{at:06d},{at - 17},12\n" for at in range(40))),
            ("plain", "time_s,east_m,north_m,up_m,rssi_dbm,tx_power_dbm\n" + "".join(
                f"{at / 2},{9 * at},{20 * at},{at % 7},{level},14\n" for at, level in enumerate(levels(64)))),
            ("distance", '"distance_m","rssi_dbm"\r\n' + "".join(f"{55 + at * at},{-50 - at}\r\n" for at in range(34))),
            ("mistakes", "GPS,1RSS(dB),TPWR(mW),Alt(m),Time\n47 8,32,10,0,1:2:3\n91 8,32,10,0,x\n,,,\n"
             "47 8,0,10,1e9,23:59:59\n47.1 8,84,nan,2,0:0:0\n"),
            ("bytes", b"\xef\xbb\xbfdistance_m,rssi_dbm\n5\x00,6\n\xff\xfe,\"\n\",\",,\n" + b"," * 20000),
            ("empty_lines", "\n\r\n  \n"),
    ):
        save("radio_log", name, text if isinstance(text, bytes) else text.encode())


def main():
    frames = {name: frame for name, frame, _ in golden()}
    messages = {name: message for name, _, message in golden()}
    frame_seeds(frames)
    hot_seeds(messages)
    channel_seeds(messages)
    event_seeds(messages)
    settings_seeds()
    options_seeds()
    secrets_seeds()
    text_seeds()
    radio_log_seeds()
    firmware_seeds(frames)


if __name__ == "__main__":
    main()
