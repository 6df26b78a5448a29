#!/usr/bin/env python3
"""The golden frames of proto/vectors/, written down once. Each becomes

    NAME.hex    the frame: length prefix and message, 32 bytes a line
    NAME.json   the same message as proto3's canonical JSON
    vectors.h   all frames as C arrays

Run without arguments to write the folder anew; test_interop.py holds the folder to
this file. Values are chosen so that nothing of them is lost in JSON: numbers are
exact or shortest as 32-bit floats."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import uavtest  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from uavtest import channel, relay  # noqa: E402

FOLDER = uavtest.ROOT / "proto" / "vectors"
ENVELOPES = {
    "to_gateway": relay.ToGateway,
    "from_gateway": relay.FromGateway,
    "to_simulator": channel.ToSimulator,
    "from_simulator": channel.FromSimulator,
}
VECTORS = {}  # name -> (what it shows, message)


def add(envelope, name, about, **fields):
    VECTORS[f"{envelope}_{name}"] = about, ENVELOPES[envelope](**fields)


# ------------------------------------------------------------------- parts

TIME_US = 1767323045678901  # 2026-01-02T03:04:05.678901Z
LOCAL = {"east_m": 120.5, "north_m": -80.25, "up_m": 30.0}
VELOCITY = {"east_mps": -3.5, "north_mps": 4.25, "up_mps": 0.5}
ATTITUDE = {"roll_deg": -2.5, "pitch_deg": 1.5, "yaw_deg": 270.0}
RADIO = {"tx_power_dbm": 20.0, "antenna_gain_dbi": 2.15, "noise_figure_db": 6.0}
LINK = {
    "delay_us": 1339,
    "propagation_ns": 482,
    "airtime_us": 1338,
    "tx_power_dbm": 20.0,
    "rx_power_dbm": -63.2874,
    "path_loss_db": 83.2874,
    "snr_db": 31.6843,
    "sinr_db": 31.6843,
    "packet_error_rate": 1.25e-06,
    "doppler_hz": -44.1,
    "distance_m": 144.5,
    "line_of_sight": "LINE_OF_SIGHT_LOS",
}
FAINT = {
    "delay_us": 1351,
    "airtime_us": 1338,
    "tx_power_dbm": -10.0,
    "rx_power_dbm": -121.5,
    "path_loss_db": 111.5,
    "snr_db": -20.0625,
    "sinr_db": -23.5,
    "packet_error_rate": 1.0,
    "distance_m": 3750.0,
    "line_of_sight": "LINE_OF_SIGHT_NLOS",
    "bit_errors": 7,
}
WHOLE_BYTES = bytes(range(256))
LONGEST_ID = "uav-.0123456789_ABCDEFGHIJKLMnop"
LONGEST_CALLSIGN = "\U0001f681" * 32  # 32 code points of 4 bytes
FIELD = {
    "name": "field",
    "description": "Open field, free space at 2.4 GHz",
    "topology": "TOPOLOGY_MESH",
    "drones": 2,
    "max_drones": 100,
    "available": True,
}


def hop(transmitter, receiver, outcome, **fields):
    return {"transmitter": transmitter, "receiver": receiver, "outcome": outcome, **fields}


HEARD = hop("uav1", "uav2", "OUTCOME_DELIVERED", source="SOURCE_LIVE", link=LINK)
FADED = hop(
    "uav1", "uav3", "OUTCOME_LOST", reason="REASON_PACKET_ERROR", source="SOURCE_LIVE", link=FAINT
)

# -------------------------------------------------------- drone to gateway

add("to_gateway", "registration", "every field", ref=1, registration={
    "protocol": 1, "drone_id": "uav1", "callsign": "Falke \u00e4\u20ac", "kind": "KIND_GROUND_STATION",
    "software": "demo 1.0", "scenario": "field", "presence": "PRESENCE_WISH_SCENARIO",
    "max_frame_bytes": 1024})
add("to_gateway", "registration_least", "only what must be there", ref=1,
    registration={"protocol": 1, "drone_id": "uav1"})
add("to_gateway", "registration_longest", "id, callsign and software as long as they may be",
    ref=4294967295, registration={
        "protocol": 4294967295, "drone_id": LONGEST_ID, "callsign": LONGEST_CALLSIGN,
        "software": "s" * 64, "presence": "PRESENCE_WISH_NONE"})
add("to_gateway", "authenticate", "32 bytes of proof", ref=2,
    authenticate={"proof": WHOLE_BYTES[:32]})
add("to_gateway", "list_scenarios", "a body without fields", ref=3, list_scenarios={})
add("to_gateway", "choose_scenario", "joins", ref=4, choose_scenario={"name": "field"})
add("to_gateway", "choose_scenario_none", "leaves: the name is empty", ref=5, choose_scenario={})
add("to_gateway", "list_drones", "of one scenario", ref=6, list_drones={"scenario": "field"})
add("to_gateway", "list_drones_all", "everyone online", ref=7, list_drones={})
add("to_gateway", "rename", "a callsign", ref=8, rename={"callsign": "Bussard"})
add("to_gateway", "join_group", "a group", ref=9, join_group={"group": "scouts"})
add("to_gateway", "leave_group", "a group", ref=10, leave_group={"group": "scouts"})
add("to_gateway", "update_state", "every part, local position", ref=11, update_state={
    "position": {"local": LOCAL}, "velocity": VELOCITY, "attitude": ATTITUDE, "radio": RADIO,
    "at_us": TIME_US})
add("to_gateway", "update_state_geodetic", "south and west, below the datum", ref=12,
    update_state={"position": {"geodetic": {
        "latitude_e7": -338568000, "longitude_e7": -705123456, "altitude_mm": -1500}}})
add("to_gateway", "update_state_corner", "the largest coordinates there are", ref=13,
    update_state={"position": {"geodetic": {
        "latitude_e7": 900000000, "longitude_e7": -1800000000, "altitude_mm": -2147483648}}})
add("to_gateway", "update_state_origin", "at the origin: all zero, but known", ref=14,
    update_state={"position": {"local": {}}})
add("to_gateway", "update_state_radio", "position unknown or unchanged: absent", ref=15,
    update_state={"radio": RADIO})
add("to_gateway", "update_state_nothing", "no part; changes nothing", ref=16, update_state={})
add("to_gateway", "send_drone", "to one, with a report", ref=17, send={
    "drone": "uav2", "payload": b"hello", "content_type": "text/plain",
    "report": "REPORT_WISH_ALL"})
add("to_gateway", "send_unasked", "ref 0 and no report: nothing comes back but errors",
    send={"drone": "uav2", "payload": b"\x00\xff"})
add("to_gateway", "send_everyone", "to all others in the scenario", ref=18,
    send={"everyone": {}, "payload": b"hello all", "report": "REPORT_WISH_FAILURES"})
add("to_gateway", "send_group", "to a group", ref=19,
    send={"group": "scouts", "payload": b"hello scouts"})
add("to_gateway", "send_empty", "no payload", ref=20,
    send={"drone": "uav2", "report": "REPORT_WISH_ALL"})
add("to_gateway", "send_long", "every byte there is; the length prefix takes two bytes", ref=21,
    send={"drone": "uav2", "payload": WHOLE_BYTES})
add("to_gateway", "ping", "a nonce as large as can be", ref=22,
    ping={"nonce": 18446744073709551615})
add("to_gateway", "pong", "answers a ping", pong={"nonce": 72623859790382856})
add("to_gateway", "leave", "orderly goodbye", ref=23, leave={})

# -------------------------------------------------------- gateway to drone

add("from_gateway", "challenge", "32 bytes", ref=1, challenge={"nonce": WHOLE_BYTES[-32:]})
add("from_gateway", "welcome", "every field", ref=1, welcome={
    "session": 4711, "drone_id": "uav1", "callsign": "Falke \u00e4\u20ac", "idle_timeout_ms": 30000,
    "ping_interval_ms": 10000, "max_frame_bytes": 65536, "max_payload_bytes": 64512, "online": 3,
    "time_us": TIME_US, "protocol": 1})
add("from_gateway", "scenarios", "a mesh, and a star that is not available", ref=3, scenarios={
    "entries": [FIELD, {
        "name": "valley", "topology": "TOPOLOGY_STAR", "hub": "base", "max_drones": 10,
        "message": "unknown model \"valley-3d\""}]})
add("from_gateway", "scenarios_more", "the first of several frames", ref=3,
    scenarios={"entries": [FIELD], "more": True})
add("from_gateway", "scenarios_none", "an empty list", ref=3, scenarios={})
add("from_gateway", "scenario_chosen", "joined", ref=4, scenario_chosen={"scenario": FIELD})
add("from_gateway", "scenario_chosen_none", "in no scenario: the entry is absent", ref=5,
    scenario_chosen={})
add("from_gateway", "drones", "position local, geodetic, unknown", ref=6, drones={"entries": [
    {"drone_id": "uav1", "callsign": "Falke", "scenario": "field", "online_ms": 60000,
     "idle_ms": 12, "position": {"local": LOCAL}},
    {"drone_id": "base", "callsign": "base", "kind": "KIND_GROUND_STATION",
     "online_ms": 4294967296, "position": {"geodetic": {
         "latitude_e7": 473977000, "longitude_e7": 85456000, "altitude_mm": 488000}}},
    {"drone_id": LONGEST_ID, "callsign": LONGEST_CALLSIGN}]})
add("from_gateway", "drones_more", "the first of several frames", ref=6,
    drones={"entries": [{"drone_id": "uav1", "callsign": "uav1"}], "more": True})
add("from_gateway", "drones_traffic", "what each has sent and received in its scenario", ref=6,
    drones={"entries": [
        {"drone_id": "uav1", "callsign": "uav1", "scenario": "field", "online_ms": 60000,
         "traffic": {"stay": 7, "sent": 300, "targets": 1500, "delivered": 1425, "received": 292,
                     "heard": {"snr_db": 31.6843}}},
        {"drone_id": "uav2", "callsign": "uav2", "scenario": "field",
         "traffic": {"stay": 9, "sent": 4294967296, "targets": 4294967297, "received": 1,
                     "heard": {}}},
        {"drone_id": "uav3", "callsign": "uav3", "scenario": "field", "traffic": {"stay": 10}},
        {"drone_id": "uav4", "callsign": "uav4"}]})
add("from_gateway", "done", "worked, nothing else to say", ref=11, done={})
add("from_gateway", "presence", "one event of each kind", presence={"events": [
    {"drone_id": "uav2", "callsign": "Bussard", "what": "PRESENCE_WHAT_ONLINE"},
    {"drone_id": "uav2", "callsign": "Bussard", "what": "PRESENCE_WHAT_SCENARIO",
     "scenario": "field"},
    {"drone_id": "uav2", "callsign": "Bussard", "what": "PRESENCE_WHAT_SCENARIO"},
    {"drone_id": "uav2", "callsign": "Habicht", "what": "PRESENCE_WHAT_RENAMED"},
    {"drone_id": "base", "callsign": "base", "what": "PRESENCE_WHAT_HUB_UP",
     "scenario": "valley"},
    {"drone_id": "base", "callsign": "base", "what": "PRESENCE_WHAT_HUB_DOWN",
     "scenario": "valley"},
    {"drone_id": "uav3", "callsign": "uav3", "what": "PRESENCE_WHAT_OFFLINE",
     "reason": "GOODBYE_REASON_CONNECTION_LOST"}]})
add("from_gateway", "presence_missed", "too slow for 250 events", presence={"missed": 250})
add("from_gateway", "delivery", "one hop", delivery={
    "sender": "uav1", "sequence": 1, "payload": b"hello", "content_type": "text/plain",
    "sent_at_us": TIME_US, "hops": [HEARD]})
add("from_gateway", "delivery_corrupted", "bit errors, handed over late", delivery={
    "sender": "uav1", "sequence": 4294967297, "payload": b"hemlo", "sent_at_us": TIME_US,
    "hops": [hop("uav1", "uav2", "OUTCOME_CORRUPTED", source="SOURCE_CACHED", late_by_us=250,
                 link=FAINT)]})
add("from_gateway", "delivery_two_hops", "to a group, through a hub", delivery={
    "sender": "uav1", "to": "scouts", "sequence": 2, "payload": b"hello scouts",
    "sent_at_us": TIME_US, "hops": [
        hop("uav1", "base", "OUTCOME_DELIVERED", source="SOURCE_LIVE", link=LINK),
        hop("base", "uav2", "OUTCOME_DELIVERED", source="SOURCE_LIVE", link=FAINT)]})
add("from_gateway", "delivery_empty", "no payload; the simulator gave a link of zeros", delivery={
    "sender": "uav1", "sequence": 3, "sent_at_us": TIME_US,
    "hops": [hop("uav1", "uav2", "OUTCOME_DELIVERED", source="SOURCE_LIVE", link={})]})
add("from_gateway", "send_report", "one heard it, one did not", ref=18, send_report={"outcomes": [
    {"drone_id": "uav2", "outcome": "OUTCOME_DELIVERED", "hops": [HEARD]},
    {"drone_id": "uav3", "outcome": "OUTCOME_LOST", "reason": "REASON_PACKET_ERROR",
     "hops": [FADED]}]})
add("from_gateway", "send_report_undecided", "every outcome that the channel never decides",
    ref=18, send_report={"outcomes": [
        {"drone_id": f"uav{number}", "outcome": number}
        for number in range(relay.OUTCOME_NO_ROUTE, relay.OUTCOME_OVERLOADED + 1)]})
add("from_gateway", "send_report_lost", "every reason", ref=18, send_report={"outcomes": [
    {"drone_id": f"uav{number}", "outcome": "OUTCOME_LOST", "reason": number, "hops": [
        hop("uav0", f"uav{number}", "OUTCOME_LOST", reason=number, source="SOURCE_LIVE",
            link={"path_loss_db": 111.5, "snr_db": -20.0625})]}
    for number in relay.Reason.values()]})
add("from_gateway", "send_report_more", "the first of several frames", ref=18,
    send_report={"outcomes": [{"drone_id": "uav2", "outcome": "OUTCOME_DELIVERED"}],
                 "more": True})
add("from_gateway", "error", "a code and a sentence", ref=4,
    error={"code": "ERROR_CODE_NO_SUCH_SCENARIO", "message": "there is no such scenario"})
add("from_gateway", "goodbye", "every field", goodbye={
    "reason": "GOODBYE_REASON_SHUTTING_DOWN", "message": "restarting", "retry_after_ms": 5000})
add("from_gateway", "ping", "with the gateway's clock",
    ping={"nonce": 72623859790382856, "time_us": TIME_US})
add("from_gateway", "pong", "with the gateway's clock", ref=22,
    pong={"nonce": 18446744073709551615, "time_us": TIME_US})

# ---------------------------------------------------- gateway to simulator

add("to_simulator", "hello", "first message",
    hello={"protocol": 1, "gateway": "gateway", "software": "uav-gateway 0.1"})
add("to_simulator", "set_scenario", "parameters without their prefix", set_scenario={
    "scenario": 1, "name": "field", "parameters": [
        {"key": "model", "value": "free-space"}, {"key": "frequency_hz", "value": "2400000000"}]})
add("to_simulator", "set_scenario_bare", "no parameters",
    set_scenario={"scenario": 2, "name": "valley"})
add("to_simulator", "remove_scenario", "a number of two bytes", remove_scenario={"scenario": 300})
add("to_simulator", "set_node", "every part", set_node={
    "scenario": 1, "node": 10000, "name": "uav1", "position": LOCAL, "velocity": VELOCITY,
    "attitude": ATTITUDE, "radio": RADIO, "at_us": TIME_US})
add("to_simulator", "set_node_unknown", "position unknown: absent",
    set_node={"scenario": 1, "node": 2, "name": "uav2"})
add("to_simulator", "remove_node", "a node", remove_node={"scenario": 1, "node": 10000})
add("to_simulator", "transmit", "to one", transmit={
    "id": 1, "scenario": 1, "transmitter": 1, "receivers": [2], "origin": 1, "sequence": 1,
    "payload": b"hello", "sent_at_us": TIME_US})
add("to_simulator", "transmit_many", "packed receivers of one to three bytes", transmit={
    "id": 18446744073709551615, "scenario": 300, "transmitter": 1,
    "receivers": [2, 127, 128, 300, 20000], "origin": 9, "sequence": 4294967297,
    "payload": WHOLE_BYTES, "sent_at_us": TIME_US})
add("to_simulator", "transmit_empty", "no payload", transmit={
    "id": 4294967298, "scenario": 1, "transmitter": 1, "receivers": [2], "origin": 1,
    "sequence": 2, "sent_at_us": TIME_US})
add("to_simulator", "ping", "a nonce", ping={"nonce": 72623859790382856})

# ---------------------------------------------------- simulator to gateway

add("from_simulator", "hello_ack", "two models", hello_ack={
    "protocol": 1, "simulator": "sim-stub", "version": "0.1", "models": ["ideal", "free-space"]})
add("from_simulator", "hello_ack_draws", "the seed of its draws", hello_ack={
    "protocol": 1, "simulator": "sim-stub", "version": "0.1", "models": ["ideal"],
    "draws": {"seed": 72623859790382856}})
add("from_simulator", "scenario_status_ok", "accepted",
    scenario_status={"scenario": 1, "ok": True})
add("from_simulator", "scenario_status_refused", "refused, and why",
    scenario_status={"scenario": 2, "message": "unknown model \"valley-3d\""})
add("from_simulator", "result", "one heard it, one did not", result={"id": 1, "receptions": [
    {"receiver": 2, "outcome": "OUTCOME_DELIVERED", "link": LINK, "valid_for_us": 12000},
    {"receiver": 20000, "outcome": "OUTCOME_LOST", "reason": "REASON_BELOW_SENSITIVITY",
     "link": FAINT}]})
add("from_simulator", "result_corrupted", "altered payload", result={
    "id": 18446744073709551615, "receptions": [
        {"receiver": 2, "outcome": "OUTCOME_CORRUPTED", "link": FAINT, "payload": b"hemlo"}]})
add("from_simulator", "result_more", "others follow; a link of zeros, and none", result={
    "id": 4294967298, "more": True, "receptions": [
        {"receiver": 2, "outcome": "OUTCOME_DELIVERED", "link": {}},
        {"receiver": 3, "outcome": "OUTCOME_LOST", "reason": "REASON_FAULT_INJECTED"}]})
add("from_simulator", "pong", "answers a ping", pong={"nonce": 72623859790382856})

# ----------------------------------------------------------------- writing


def hex_text(frame):
    rows = (frame[at : at + 32].hex() for at in range(0, len(frame), 32))
    return "".join(row + "\n" for row in rows)


def json_text(about, message):
    value = {
        "about": about,
        "type": message.DESCRIPTOR.full_name,
        "message": json_format.MessageToDict(message, preserving_proto_field_name=True),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def header_text(vectors):
    """vectors.h: one array a frame, and a table of them."""
    out = [
        "/* The golden frames as C arrays; written by tests/interop/make_vectors.py. */",
        "/* clang-format off */",
        "#ifndef UAV_PROTO_VECTORS_H",
        "#define UAV_PROTO_VECTORS_H",
        "",
        "#include <stddef.h>",
        "#include <stdint.h>",
        "",
        "enum golden_type {",
        *(f"\tGOLDEN_{envelope.upper()}," for envelope in ENVELOPES),
        "};",
        "",
        "struct golden_frame {",
        "\tconst char *name;",
        "\tenum golden_type type;",
        "\tconst uint8_t *bytes; /* length prefix and message */",
        "\tsize_t size;",
        "};",
    ]
    for name, (_, message) in vectors.items():
        frame = uavtest.delimit(message)
        out.append(f"\nstatic const uint8_t golden_{name}[{len(frame)}] = {{")
        for at in range(0, len(frame), 16):
            out.append("\t" + " ".join(f"0x{byte:02x}," for byte in frame[at : at + 16]))
        out.append("};")
    out.append("\nstatic const struct golden_frame golden_frames[] = {")
    for name in vectors:
        envelope = next(e for e in ENVELOPES if name.startswith(e + "_"))
        out.append(f'\t{{"{name}", GOLDEN_{envelope.upper()}, golden_{name}, sizeof(golden_{name})}},')
    out += ["};", "", "#endif", ""]
    return "\n".join(out)


def files():
    """{file name: text} of the folder, README.md aside."""
    result = {"vectors.h": header_text(VECTORS)}
    for name, (about, message) in VECTORS.items():
        result[f"{name}.hex"] = hex_text(uavtest.delimit(message))
        result[f"{name}.json"] = json_text(about, message)
    return result


def main():
    FOLDER.mkdir(exist_ok=True)
    wanted = files()
    for path in FOLDER.iterdir():
        if path.name != "README.md" and path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
