"""The gateway's end of a connection to a channel simulator, one message at a time."""

import hostile
import uavtest
from uavtest import channel


class ChannelClient:
    """Connected, and hello is said; `secure` may wrap the socket before."""

    def __init__(self, simulator, gateway, secure=lambda sock: sock):
        self.data = bytearray()
        self.simulator = simulator
        self.socket = secure(hostile.connect(simulator))
        self.tell(hello={"protocol": 1, "gateway": gateway})

    def tell(self, **body):
        self.socket.sendall(uavtest.delimit(channel.ToSimulator(**body)))

    def read(self):
        """The next message of the simulator."""
        while True:
            body, used = uavtest.decode_frame(self.data)
            if used:
                del self.data[:used]
                return channel.FromSimulator.FromString(body)
            data = self.socket.recv(1 << 20)
            assert data, f"closed by the simulator at {self.simulator.at}"
            self.data += data

    def read_result(self):
        """The next result, whole; what else comes is passed over."""
        whole = channel.Result(more=True)
        while whole.more:
            message = self.read()
            if message.HasField("result"):
                assert not whole.receptions or message.result.id == whole.id, "two results in one"
                whole.more = False
                whole.MergeFrom(message.result)
        return whole

    def set_scenario(self, number, name, **parameters):
        self.tell(set_scenario={"scenario": number, "name": name, "parameters": [
            {"key": key, "value": str(value)} for key, value in parameters.items()]})

    def set_node(self, scenario, node, name, east=0.0, north=0.0, up=0.0, **fields):
        self.tell(set_node={"scenario": scenario, "node": node, "name": name, **fields,
                            "position": {"east_m": east, "north_m": north, "up_m": up}})

    def close(self):
        self.socket.close()
