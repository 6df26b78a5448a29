import random, socket, sys
import drone_pb2 as pb  # protoc -Iproto --python_out=. proto/drone.proto

host, port, me, scenario, target, text = (sys.argv[1:] + [None, None])[:6]
gateway = socket.create_connection((host, int(port)))
gateway.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
stream = gateway.makefile("rb")

def send(**fields):  # a ToGateway, preceded by its length as a varint
    body = pb.ToGateway(**fields).SerializeToString()
    prefix, size = b"", len(body)
    while size > 127:
        prefix, size = prefix + bytes([size & 127 | 128]), size >> 7
    gateway.sendall(prefix + bytes([size]) + body)

def receive():  # a FromGateway
    size, shift, byte = 0, 0, 128
    while byte > 127:
        byte = (stream.read(1) or sys.exit("connection lost"))[0]
        size, shift = size | (byte & 127) << shift, shift + 7
    return pb.FromGateway.FromString(stream.read(size))

def numbers(hop): return f"SNR {hop.link.snr_db} dB, path loss {hop.link.path_loss_db} dB"

send(ref=1, registration={"protocol": 1, "drone_id": me})
send(ref=2, choose_scenario={"name": scenario})
send(update_state={"position": {"local": {"east_m": random.uniform(-500, 500), "up_m": 50}}})
send(ref=3, list_drones={"scenario": scenario})
while (frame := receive()).WhichOneof("body") not in ("error", "goodbye"):
    for other in list(frame.drones.entries) + list(frame.presence.events):
        print(other.drone_id, pb.PresenceWhat.Name(getattr(other, "what", 0)), other.scenario, flush=True)
        if other.drone_id == target and other.scenario == scenario:
            send(ref=4, send={"drone": target, "payload": text.encode(), "report": pb.REPORT_WISH_ALL})
            target = None  # once is enough
    for it in frame.send_report.outcomes:
        print(it.drone_id, pb.Outcome.Name(it.outcome), *map(numbers, it.hops), flush=True)
        send(ref=5, leave={})
    for hop in frame.delivery.hops: print(frame.delivery.sender, frame.delivery.payload, numbers(hop), flush=True)
    if frame.HasField("ping"): send(pong={"nonce": frame.ping.nonce})
print(frame)
