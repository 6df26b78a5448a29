#!/usr/bin/env python3
"""A channel simulator in one file, made from channel.proto alone: free-space loss,
thermal noise, BPSK. Copy it and put your own channel into `receive`.

    protoc -Iproto --python_out=. proto/channel.proto
    PYTHONPATH=. python_simulator.py [--listen HOST:PORT] [--seed N] [--verbose]

Its address is printed on stderr; with --verbose every answer on stdout, as JSON."""
import argparse, hashlib, math, socketserver, sys

import channel_pb2 as pb
from google.protobuf import json_format, message as pb_message

MODEL = "free-space"
DEFAULTS = {"frequency_hz": 2.4e9, "bandwidth_hz": 1e6, "bitrate_bps": 1e6,
            "tx_power_dbm": 20.0, "noise_figure_db": 6.0}  # the last two: of who told no radio
LIGHT_MPS = 299792458.0
MOST = 1000  # receptions in one frame; a longer answer goes on in the next, by `more`

# ------------------------------------------------------------- the channel

def draw(*names):
    """A number in [0, 1) that depends on nothing but `names`: the same message over
    the same hop always meets the same fate, whatever else is going on."""
    digest = hashlib.blake2b(repr(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64

def receive(seed, scenario, transmit, sender, receiver):
    """What becomes of one message on one hop."""
    channel, a, b = scenario.channel, sender.position, receiver.position
    usual = pb.Radio(**{key: channel[key] for key in ("tx_power_dbm", "noise_figure_db")})
    tx, rx = (it.radio if it.HasField("radio") else usual for it in (sender, receiver))
    # An unknown position reads as zeros: such a node stands at the origin.
    distance = max(1.0, math.hypot(b.east_m - a.east_m, b.north_m - a.north_m, b.up_m - a.up_m))
    # ITU-R P.525, free space: 20 log10(4 pi d / wavelength).
    loss_db = 20 * math.log10(4 * math.pi * distance * channel["frequency_hz"] / LIGHT_MPS)
    rx_dbm = tx.tx_power_dbm + tx.antenna_gain_dbi + rx.antenna_gain_dbi - loss_db
    # Thermal noise k T B at 290 K, in dBm, and what the receiver adds to it.
    noise_dbm = 10 * math.log10(1.380649e-23 * 290 * channel["bandwidth_hz"] * 1000)
    snr_db = rx_dbm - noise_dbm - rx.noise_figure_db
    # BPSK: bit error rate 1/2 erfc(sqrt(Eb/N0)); one wrong bit loses the packet.
    bits = 8 * max(1, len(transmit.payload))  # an empty packet is on the air all the same
    ebn0 = 10 ** (snr_db / 10) * channel["bandwidth_hz"] / channel["bitrate_bps"]
    error_rate = -math.expm1(bits * math.log1p(-0.5 * math.erfc(math.sqrt(ebn0))))
    lost = error_rate > draw(seed, scenario.name, scenario.nodes[transmit.origin].name,
                             transmit.sequence, sender.name, receiver.name)
    propagation_ns = round(distance / LIGHT_MPS * 1e9)
    airtime_us = math.ceil(bits * 1e6 / channel["bitrate_bps"])
    link = pb.Link(
        delay_us=airtime_us + math.ceil(propagation_ns / 1000),
        propagation_ns=propagation_ns, airtime_us=airtime_us,
        tx_power_dbm=tx.tx_power_dbm, rx_power_dbm=rx_dbm, path_loss_db=loss_db,
        snr_db=snr_db, sinr_db=snr_db,  # nobody interferes here
        packet_error_rate=error_rate, distance_m=distance, line_of_sight=pb.LINE_OF_SIGHT_LOS)
    return pb.Reception(link=link, outcome=pb.OUTCOME_LOST if lost else pb.OUTCOME_DELIVERED,
                        reason=pb.REASON_PACKET_ERROR if lost else pb.REASON_NONE)

class Scenario:
    def __init__(self, wish, nodes):
        """ValueError, with a sentence for the operator, for what is not known here."""
        self.name, self.nodes, self.channel = wish.name, nodes, dict(DEFAULTS)
        for key, value in ((it.key, it.value) for it in wish.parameters):
            if key in DEFAULTS:
                self.channel[key] = float(value)
            elif (key, value) != ("model", MODEL):
                raise ValueError(f'unknown: {key} = {value:.20}; model {MODEL}, {[*DEFAULTS]}')
        for key, value in self.channel.items():
            if not (-200 < value < 200 if "_db" in key else 0 < value < 1e12):
                raise ValueError(f"{key} = {value} is out of bounds")

# ------------------------------------------------------------ the protocol

class Gateway(socketserver.StreamRequestHandler):
    """One gateway's connection; what it has told us is forgotten with it."""
    disable_nagle_algorithm = True

    def handle(self):
        self.scenarios, data = None, b""
        try:
            while chunk := self.request.recv(65536):
                data, answers = data + chunk, []
                while frame := cut_frame(data):  # requests are pipelined: answer all that are
                    body, data = frame  # here,
                    answers += self.answer(pb.ToSimulator.FromString(body))
                for answer in answers if self.server.options.verbose else []:
                    print(json_format.MessageToJson(answer, indent=None), flush=True)
                self.request.sendall(b"".join(map(delimit, answers)))  # in one go
        except (ValueError, pb_message.DecodeError, OSError) as error:  # what breaks the protocol
            print(f'event=connection_closed why="{error}"', file=sys.stderr, flush=True)

    def answer(self, message):
        kind = message.WhichOneof("body")  # None: from a later version, ignored
        it = getattr(message, kind) if kind else None
        if self.scenarios is None and kind != "hello":
            raise ValueError("the first message was not hello")
        scenario = (self.scenarios or {}).get(getattr(it, "scenario", 0))
        if kind == "hello":
            self.scenarios = {}
            yield pb.FromSimulator(hello_ack=pb.HelloAck(
                protocol=1, simulator="python-simulator", version="1", models=[MODEL]))
        elif kind == "set_scenario":
            status = pb.ScenarioStatus(scenario=it.scenario, ok=True)
            try:
                self.scenarios[it.scenario] = Scenario(it, scenario.nodes if scenario else {})
            except ValueError as error:
                status.ok, status.message = False, str(error)[:200]
            yield pb.FromSimulator(scenario_status=status)
        elif kind == "remove_scenario":
            self.scenarios.pop(it.scenario, None)
        elif kind == "set_node" and scenario:
            scenario.nodes[it.node] = it
        elif kind == "remove_node" and scenario:
            scenario.nodes.pop(it.node, None)
        elif kind == "transmit":
            yield from self.transmit(it, scenario)
        elif kind == "ping":
            yield pb.FromSimulator(pong=pb.Pong(nonce=it.nonce))

    def transmit(self, it, scenario):
        receptions = []
        for number in it.receivers:  # a node not known is left out: the gateway tells the sender
            if scenario and {it.transmitter, it.origin, number} <= scenario.nodes.keys():
                ends = scenario.nodes[it.transmitter], scenario.nodes[number]
                receptions.append(receive(self.server.options.seed, scenario, it, *ends))
                receptions[-1].receiver = number
        for end in range(MOST, max(1, len(receptions)) + MOST, MOST):
            yield pb.FromSimulator(result=pb.Result(
                id=it.id, receptions=receptions[end - MOST : end], more=end < len(receptions)))

def delimit(message):  # preceded by its length as a base-128 varint
    body = message.SerializeToString()
    prefix, size = b"", len(body)
    while size > 127:
        prefix, size = prefix + bytes([size & 127 | 128]), size >> 7
    return prefix + bytes([size]) + body

def cut_frame(data):  # (first message, what follows it), or None when it is not all here
    size = 0
    for at, byte in enumerate(data[:5]):
        size |= (byte & 127) << 7 * at
        if byte < 128 and 0 < size <= 4 << 20:
            end = at + 1 + size
            return (data[at + 1 : end], data[end:]) if len(data) >= end else None
        if byte < 128 or at == 4:
            raise ValueError("a frame of no bytes or over 4 MiB, or a length of over 5 bytes")

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    host, port = options.listen.rsplit(":", 1)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer((host, int(port)), Gateway) as server:
        server.options, server.daemon_threads = options, True
        print("event=listening address=%s:%d" % server.server_address, file=sys.stderr, flush=True)
        server.serve_forever()
