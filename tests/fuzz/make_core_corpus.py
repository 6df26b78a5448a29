"""Writes the seed corpora of the core's and sim-stub's fuzzers:
tests/fuzz/corpus/{drone,simulator,stub}. Each
file is the fuzzer's head (see the .c files) and a stream of frames. Needs the generated
classes (make build/gen/drone_pb2.py build/gen/channel_pb2.py); what it writes is committed."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.environ.get("B", "build"), "gen"))
import channel_pb2  # noqa: E402
import drone_pb2  # noqa: E402
from make_corpus import save, varint  # noqa: E402

# states and flags of fuzz_drone.c
NEW, REGISTERED, MEMBER, HELD, IN_FLIGHT, SPOKE, HUB, WAITING, QUEUED, BYPASS, \
    ASKING, DRAINING, PROVING = range(13)
ANSWER, DEAF, SMALL, TIME, DELAY, ALTER, LINK_TURNS, RELOAD = (1 << i for i in range(8))
# flags of fuzz_simulator.c
TARGET_LEFT, CAME_AGAIN, SENDER_LEFT, STRICT, CHANGED, HUB_LEFT, TICKS, NOT_YET = (
    1 << i for i in range(8))


def framed(*messages):
    return b"".join(varint(m.ByteSize()) + m.SerializeToString() for m in messages)


def asks():
    """One of every request, in an order in which each has something to do."""
    bodies = [
        ("choose_scenario", {"name": "alpha"}),
        ("list_scenarios", {}),
        ("list_drones", {}),
        ("list_drones", {"scenario": "alpha"}),
        ("update_state", {"position": {"local": {"east_m": 1, "north_m": 2, "up_m": 3}},
                          "velocity": {"east_mps": 1}}),
        ("update_state", {"position": {"geodetic": {"latitude_e7": 470000000,
                                                    "longitude_e7": 80000000}}}),
        ("send", {"drone": "other", "payload": b"hello", "report": 2}),
        ("send", {"everyone": {}, "payload": b"hello", "report": 1}),
        ("send", {"drone": "stranger", "report": 2}),
        ("send", {"drone": "fuzzed", "report": 2}),
        ("send", {"group": "wing", "payload": b"x"}),
        ("join_group", {"group": "wing"}),
        ("leave_group", {"group": "wing"}),
        ("rename", {"callsign": "Leader"}),
        ("authenticate", {"proof": bytes(32)}),
        ("ping", {"nonce": 7}),
        ("pong", {"nonce": 8}),
        ("choose_scenario", {}),
        ("leave", {}),
    ]
    return [drone_pb2.ToGateway(ref=i + 1, **{name: fields})
            for i, (name, fields) in enumerate(bodies)]


def whole_mission():
    """Groups, names and sends, in each scenario in turn."""
    bodies = []
    for place in ("star", "slow", "later", "past", "deny", "alpha", "star"):
        bodies += [
            ("choose_scenario", {"name": place}),
            ("choose_scenario", {"name": "beta"}),
            ("choose_scenario", {"name": place}),
            ("list_drones", {"scenario": place}),
            ("join_group", {"group": "wing"}),
            ("join_group", {"group": "wing"}),
            ("join_group", {"group": "tail"}),
            ("join_group", {"group": "one-too-many"}),
            ("send", {"group": "wing", "payload": b"to the wing", "report": 2}),
            ("send", {"group": "nobody", "report": 1}),
            ("send", {"group": "no name", "report": 2}),
            ("send", {"drone": "other", "payload": b"to one", "report": 2}),
            ("send", {"drone": "hub", "payload": b"to the hub", "report": 1}),
            ("send", {"everyone": {}, "payload": b"to all", "content_type": "text/plain",
                      "report": 2}),
            ("leave_group", {"group": "wing"}),
            ("rename", {"callsign": place}),
            ("rename", {"callsign": "other"}),
            ("rename", {"callsign": "\x07"}),
            ("rename", {}),
            ("list_scenarios", {}),
        ]
    return [drone_pb2.ToGateway(ref=i + 1, **{name: fields})
            for i, (name, fields) in enumerate(bodies)]


def registration(**fields):
    return drone_pb2.ToGateway(ref=1, registration=dict({"protocol": 1}, **fields))


def drone_seeds():
    def seed(name, state, stream, cut=0, flags=ANSWER):
        save("drone", name, bytes([state, cut, flags]) + stream)

    everything = framed(*asks())
    mission = framed(*whole_mission())
    fuzzed = {"drone_id": "fuzzed", "scenario": "alpha", "callsign": "F\u00e9"}
    seed("new_registers", NEW, framed(registration(**fuzzed)) + everything)
    seed("new_byte_by_byte", NEW, framed(registration(**fuzzed)), cut=1)
    seed("new_tries_again", NEW, framed(
        registration(drone_id="b\u00e4d"), registration(drone_id="fuzzed", callsign="\x1b[2J"),
        registration(drone_id="other", max_frame_bytes=100), registration(**fuzzed)))
    seed("new_takes_over", NEW, framed(registration(drone_id="other")) + everything)
    seed("new_speaks_first", NEW, everything)
    seed("new_no_protocol", NEW, framed(registration(drone_id="fuzzed", protocol=0)))
    seed("new_nothing", NEW, b"\x00")
    seed("new_too_large", NEW, b"\xff\xff\x03" + bytes(16))
    seed("registered_all", REGISTERED, everything)
    seed("registered_again", REGISTERED, framed(registration(**fuzzed)) + everything, flags=TIME)
    seed("registered_unknown", REGISTERED, b"\x05\x08\x09\xba\x06\x00" + everything)
    seed("member_all", MEMBER, everything)
    seed("member_deaf", MEMBER, everything * 4, flags=DEAF)
    seed("member_small_frames", MEMBER, everything, flags=SMALL | ANSWER, cut=7)
    seed("member_large", MEMBER, framed(drone_pb2.ToGateway(
        ref=1, send={"drone": "other", "payload": bytes(3000), "report": 2})), cut=63)
    seed("held_all", HELD, everything)
    seed("held_answered", HELD, everything, cut=9, flags=ANSWER | TIME)
    seed("held_silent", HELD, everything, cut=5, flags=TIME)
    seed("in_flight_all", IN_FLIGHT, everything, cut=30)
    seed("in_flight_leaves", IN_FLIGHT, framed(asks()[-1]))
    seed("in_flight_garbage", IN_FLIGHT, b"\x04\xff\xff\xff\xff", flags=0)
    for name, state in (("spoke", SPOKE), ("hub", HUB), ("waiting", WAITING),
                        ("queued", QUEUED), ("bypass", BYPASS)):
        seed(f"{name}_all", state, everything, flags=ANSWER)
        seed(f"{name}_mission", state, mission, cut=40, flags=ANSWER | DELAY | TIME)
        seed(f"{name}_altered", state, mission, cut=50, flags=ANSWER | ALTER)
        seed(f"{name}_silent", state, mission, cut=60, flags=TIME)
        seed(f"{name}_link", state, mission, cut=45, flags=ANSWER | LINK_TURNS | DELAY)
        seed(f"{name}_reload", state, mission, cut=55, flags=ANSWER | RELOAD | DELAY)
        seed(f"{name}_reload_late", state, mission, cut=35, flags=RELOAD | TIME)
        seed(f"{name}_all_of_it", state, mission, cut=33,
             flags=ANSWER | RELOAD | LINK_TURNS | TIME | DELAY | ALTER | SMALL)
        seed(f"{name}_deaf", state, mission, flags=DEAF | ANSWER | RELOAD)
        seed(f"{name}_deaf_lists", state, everything * 4, cut=20, flags=DEAF | RELOAD)
    seed("asking_all", ASKING, everything, cut=20, flags=ANSWER)
    seed("asking_tries_again", ASKING, framed(registration(**fuzzed)) + everything, cut=12, flags=ANSWER)
    seed("asking_takes_over", ASKING, mission, cut=30, flags=TIME)
    seed("asking_is_deaf", ASKING, mission, cut=25, flags=TIME | DEAF)
    seed("asking_garbage", ASKING, b"\x04\xff\xff\xff\xff", flags=TIME)
    seed("asking_reload", ASKING, mission, cut=25, flags=TIME | RELOAD | LINK_TURNS)
    pongs = framed(*[drone_pb2.ToGateway(pong={"nonce": 1})] * 3)
    seed("draining_all", DRAINING, pongs + everything, cut=8)
    seed("draining_pongs", DRAINING, pongs, cut=3, flags=ANSWER | TIME | DELAY)
    seed("draining_silent", DRAINING, pongs, flags=TIME)
    seed("draining_link", DRAINING, pongs * 9, cut=10, flags=ANSWER | LINK_TURNS | RELOAD)
    seed("draining_garbage", DRAINING, pongs + b"\x00", cut=2)
    right, wrong, short = (framed(drone_pb2.ToGateway(ref=2, authenticate={"proof": proof}))
                           for proof in (b"n" * 32, bytes(32), b"n"))
    again = framed(registration(**fuzzed))
    seed("proving_right", PROVING, right + everything)
    seed("proving_mission", PROVING, right + mission, cut=45, flags=ANSWER | DELAY | TIME)
    seed("proving_reloads", PROVING, right + mission, cut=40, flags=ANSWER | RELOAD | SMALL)
    seed("proving_wrong", PROVING, wrong + everything, cut=30, flags=TIME)
    seed("proving_wrong_deaf", PROVING, wrong + right, cut=3, flags=TIME | DEAF)
    seed("proving_short", PROVING, short + right, flags=TIME)
    seed("proving_for_another", PROVING, framed(registration(drone_id="other")) + right + mission, cut=20)
    seed("proving_stranger", PROVING, framed(registration(drone_id="stranger")) + right, flags=TIME)
    seed("proving_registers_again", PROVING, again * 3 + right + again + right)
    seed("proving_speaks_first", PROVING, everything)
    seed("proving_silent", PROVING, b"", flags=TIME)
    seed("proving_reload", PROVING, again * 9 + right + everything, cut=20, flags=RELOAD | TIME)
    seed("takes_over_hub", NEW, framed(registration(drone_id="hub", scenario="star")) + mission)
    seed("takes_over_silent_hub", NEW, framed(registration(drone_id="hub", scenario="star"))
         + mission, cut=1, flags=SMALL | TIME)
    seed("flaps", NEW, framed(*[registration(drone_id="other")] * 3) + mission, cut=20)


LINK = {"delay_us": 1200, "propagation_ns": 300, "airtime_us": 900, "snr_db": 12.5,
        "path_loss_db": 96.5, "packet_error_rate": 0.25, "distance_m": 90.0, "line_of_sight": 1}


def result(slot, *receptions, more=False, generation=1):
    return channel_pb2.FromSimulator(result={
        "id": generation << 32 | slot, "more": more,
        "receptions": [dict({"link": LINK}, **r) for r in receptions]})


def got(receiver, outcome=1, **fields):
    return dict({"receiver": receiver, "outcome": outcome}, **fields)


def simulator_seeds():
    def seed(name, *messages, flags=0, batch=63, lanes=0, tail=b""):
        save("simulator", name, bytes([flags, batch, lanes]) + framed(*messages) + tail)

    good = (result(0, got(2)), result(1, got(2), got(3)), result(2, got(1), got(3)),
            result(3, got(1)))
    seed("all_delivered", *good)
    seed("in_batches_of_one", *good, batch=0)
    seed("backwards", *reversed(good))
    seed("target_left", *good, flags=TARGET_LEFT)
    seed("came_again", *good, flags=CAME_AGAIN)
    seed("sender_left", *good, flags=SENDER_LEFT)
    seed("twice", *good, *good)
    seed("twice_strict", *good, *good, flags=STRICT)
    seed("pieces", result(1, got(3), more=True), result(1, got(2), more=True), result(1),
         result(2, got(3, 3, reason=5), got(1, 2, payload=b"\xff" * 300)))
    seed("one_with_more", result(0, got(2), more=True), result(0))
    seed("missing_and_foreign", result(1, got(3), got(3), got(1), got(99)), result(0, got(0)))
    seed("bad_numbers", result(0, got(2, link=dict(LINK, snr_db=float("nan")))),
         result(3, got(1, link=dict(LINK, packet_error_rate=1.5))),
         result(1, got(2, link=dict(LINK, line_of_sight=9)), got(3, link={})))
    seed("bad_enums", result(0, got(2, 9)), result(1, got(2, 3, reason=99), got(3, 0)))
    seed("grown_payload", result(0, got(2, payload=bytes(7))), result(3, got(1, payload=b"")))
    seed("forged", result(0, got(2), generation=2), result(77, got(2)), result(0, generation=0))
    seed("status", *(channel_pb2.FromSimulator(scenario_status={
        "scenario": n, "ok": ok, "message": "no such model"})
        for n, ok in ((1, False), (0, True), (9, True), (1, True), (2, False))), *good)
    seed("pong_and_unknown", channel_pb2.FromSimulator(pong={"nonce": 3}), *good,
         tail=b"\x03\xba\x06\x00")
    seed("second_hello", channel_pb2.FromSimulator(hello_ack={"protocol": 1}), *good)
    seed("garbage", *good[:2], tail=b"\x04\xff\xff\xff\xff")
    seed("cut_short", *good, tail=b"\x7f\x0a")

    def by_lanes(name, *pairs, **more):
        """The frames with the lane of each; it comes again after eight."""
        lanes = [lane for lane, _ in pairs]
        assert lanes == (lanes[:8] * len(lanes))[:len(lanes)], name
        seed(name, *(message for _, message in pairs),
             lanes=sum(lane << i for i, lane in enumerate(lanes[:8])), **more)

    def status(number, ok=True):
        return channel_pb2.FromSimulator(scenario_status={"scenario": number, "ok": ok})

    # the star's first hops, then its second
    star = ((1, result(4, got(4))), (1, result(5, got(4))),
            (1, result(4, got(6), generation=2)),
            (1, result(5, got(5), got(6), generation=2)))
    slow = ((1, result(6, got(8))), (0, result(7, got(10))))
    by_lanes("star", *star)
    by_lanes("star_hub_left", *star, flags=HUB_LEFT)
    by_lanes("star_sender_left", *star, flags=SENDER_LEFT)
    by_lanes("star_strict", *star, flags=STRICT)
    by_lanes("star_altered",
             (1, result(4, got(4, 2, payload=b"rel"))), (1, result(5, got(4, payload=b""))),
             (1, result(4, got(6, 2, payload=b"r"), generation=2)),
             (1, result(5, got(6, payload=b"grown"), generation=2)))
    by_lanes("star_lost", (1, result(4, got(4, 3, reason=5))), (1, result(5, got(4, 9))))
    by_lanes("star_second_at_once", star[2], star[0], star[0], star[2])
    by_lanes("star_wrong_node", (1, result(4, got(6))), (1, result(5, got(4), got(4))))
    by_lanes("star_first_twice", star[0], star[0], star[2], star[2])
    by_lanes("star_no_link", (1, channel_pb2.FromSimulator(result={
        "id": 1 << 32 | 4, "receptions": [{"receiver": 4, "outcome": 1}]})), star[2])
    by_lanes("slow", *slow, flags=TICKS)
    by_lanes("slow_at_the_end", *slow)
    by_lanes("slow_longest", (1, result(6, got(8, link=dict(LINK, delay_us=0xffffffff)))))
    by_lanes("wrong_lanes", (1, good[0]), (0, star[0][1]), (1, good[1]), (0, slow[0][1]))
    by_lanes("wrong_lanes_strict", (1, good[0]), (1, good[1]), (1, good[3]), flags=STRICT)
    by_lanes("all_lanes", *star[:3], *((0, message) for message in good), slow[0], flags=TICKS)
    by_lanes("queued", (0, status(7)), slow[1], flags=NOT_YET)
    by_lanes("queued_refused", (0, status(7, False)), slow[1], flags=NOT_YET)
    by_lanes("queued_other_lane", (1, status(7)), (0, status(7)), slow[1], flags=NOT_YET)
    by_lanes("retired", (0, status(1, False)), (1, status(4)), (0, status(9)), (1, status(12)),
             *star, flags=CHANGED)
    by_lanes("retired_results", *star, flags=CHANGED)
    by_lanes("retired_all", *((0, message) for message in good), flags=CHANGED | TARGET_LEFT)
    by_lanes("removed", *slow, flags=CHANGED)
    by_lanes("removed_queue", *slow, flags=CHANGED | NOT_YET)
    by_lanes("retired_hub_left", *star, flags=CHANGED | HUB_LEFT | SENDER_LEFT)


PARAMETERS = {
    "ideal": {"model": "ideal"},
    "free": {"model": "free-space", "frequency_hz": "2400000000", "modulation": "qpsk"},
    "shadow": {"model": "log-distance", "exponent": "2.7", "reference_m": "100",
               "shadowing_db": "6", "frequency_hz": "868000000", "modulation": "bpsk",
               "bitrate_bps": "50000", "tx_power_dbm": "14", "bandwidth_hz": "125000"},
    "bounds": {"model": "log-distance", "exponent": "10", "shadowing_db": "60",
               "tx_power_dbm": "-200", "noise_figure_db": "100", "modulation": "64qam"},
    "wrong": {"model": "free-space", "frequency_hz": "-1", "colour": "red"},
    "none": {},
    "not_text": {"model": "ray\u202etracing", "exponent": "nan", "frequency_hz": "1e999"},
}


def to_simulator(body, /, **fields):
    return channel_pb2.ToSimulator(**{body: fields})


def stub_hello(protocol=1):
    return to_simulator("hello", protocol=protocol, gateway="gw", software="fuzz 1")


def stub_scenario(number, kind):
    return to_simulator("set_scenario", scenario=number, name=f"s-{kind}", parameters=[
        {"key": key, "value": value} for key, value in PARAMETERS[kind].items()])


def stub_node(scenario, node, east_m, **parts):
    return to_simulator("set_node", scenario=scenario, node=node, name=f"n{node}",
                        position={"east_m": east_m}, **parts)


def stub_transmit(scenario, transmitter, *receivers, sequence=1, **fields):
    return to_simulator("transmit", **{
        "id": 1 << 32 | sequence, "scenario": scenario, "transmitter": transmitter,
        "receivers": receivers, "origin": transmitter, "sequence": sequence,
        "payload": b"hello", **fields})


def stub_seeds():
    def seed(name, *messages, cuts=(255, 255, 255, 255), tail=b"", hello=True):
        hellos = [stub_hello()] if hello else []
        save("stub", name, bytes(cuts) + framed(*hellos, *messages) + tail)

    def crew(scenario):
        radio = {"tx_power_dbm": 30, "antenna_gain_dbi": 3, "noise_figure_db": 4}
        return [stub_node(scenario, 1, 0), stub_node(scenario, 2, 500, radio=radio),
                stub_node(scenario, 3, 20000, velocity={"north_mps": 30})]

    for kind in PARAMETERS:
        seed(f"mission_{kind}", stub_scenario(1, kind), *crew(1),
             *(stub_transmit(1, 1, 2, 3, sequence=n) for n in range(1, 4)),
             stub_transmit(1, 2, 1, 3, origin=1))
    whole = (stub_scenario(1, "free"), *crew(1), stub_transmit(1, 1, 2, 3))
    seed("byte_by_byte", *whole, cuts=(0, 0, 0, 0))
    seed("in_odd_pieces", *whole, cuts=(0, 6, 30, 1))
    seed("nothing_but_hello")
    seed("no_hello", *whole, hello=False)
    seed("no_protocol", stub_hello(0), hello=False)
    seed("hello_again", *whole, stub_hello(9), *whole[1:])
    seed("ping", to_simulator("ping", nonce=2**64 - 1), to_simulator("ping"))
    seed("changes", *whole, stub_scenario(1, "shadow"), whole[-1], stub_scenario(1, "wrong"),
         whole[-1], stub_scenario(1, "ideal"), whole[-1])
    seed("removals", *whole, to_simulator("remove_node", scenario=1, node=2), whole[-1],
         to_simulator("remove_node", scenario=7, node=7), to_simulator("remove_scenario", scenario=1),
         whole[-1], to_simulator("remove_scenario", scenario=1))
    seed("strangers", stub_node(9, 1, 0), *whole, stub_transmit(1, 9, 1), stub_transmit(2, 1, 2),
         stub_transmit(1, 1, 9, 0, 2**32 - 1, 1), stub_transmit(1, 1, 2, origin=77))
    seed("many", *whole, stub_transmit(1, 1, *[2, 3] * 400))
    seed("large_payload", *whole, stub_transmit(1, 1, 2, payload=bytes(4000)))
    seed("high_numbers", stub_scenario(65536, "ideal"), stub_node(65536, 1 << 16, 0))
    seed("too_high_numbers", stub_scenario(65537, "ideal"), stub_scenario(0, "ideal"),
         stub_scenario(1, "ideal"), stub_node(1, 2**20 + 1, 0))
    seed("far_away", stub_scenario(1, "free"), stub_node(1, 1, 3e38), stub_node(1, 2, -3e38),
         stub_transmit(1, 1, 2), stub_transmit(1, 2, 1))
    seed("same_place", stub_scenario(1, "shadow"), stub_node(1, 1, 0), stub_node(1, 2, 0),
         stub_transmit(1, 1, 2), stub_transmit(1, 1, 1))
    seed("not_finite", stub_scenario(1, "free"), stub_node(1, 1, float("nan")), *whole[1:])
    seed("infinite_radio", *whole, stub_node(1, 2, 5, radio={"tx_power_dbm": float("inf")}),
         whole[-1])
    seed("long_names", to_simulator("set_scenario", scenario=1, name="s" * 33),
         to_simulator("set_node", scenario=1, node=1, name=""))
    seed("garbage", *whole, tail=b"\x04\xff\xff\xff\xff")
    seed("zero_length", *whole, tail=b"\x00")
    seed("endless_varint", *whole, tail=b"\xff" * 6)
    seed("cut_short", *whole, tail=b"\x7f\x0a", cuts=(3, 3, 3, 3))
    seed("bomb", *whole, tail=varint(3003) + b"\x1a\xb8\x17" + b"\x1a\x00" * 1500)


if __name__ == "__main__":
    drone_seeds()
    simulator_seeds()
    stub_seeds()
