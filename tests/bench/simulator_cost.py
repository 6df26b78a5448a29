"""What a reception costs the simulators: processor time of sim-stub and ns3-sim for each model,
asked directly, 64 receivers a packet. The rounds of all take turns; the least is shown. Figures,
not a test: nothing is asserted. `/usr/bin/python3 tests/bench/simulator_cost.py`"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from uavtest import channel  # noqa: E402

PROGRAMS = ("sim-stub", "ns3-sim")
RECEIVERS = 64
PACKETS = 300  # a round
ROUNDS = 15


class Simulator(ChannelClient):
    def __init__(self, t, program):
        super().__init__(t.simulator(program=program), "cost")
        self.models = list(self.read().hello_ack.models)
        for number, model in enumerate(self.models, 1):
            self.set_up(number, model)

    def set_up(self, number, model):
        self.set_scenario(number, f"s{number}", model=model)
        for node in range(1, RECEIVERS + 2):
            self.set_node(number, node, f"uav{node}", 37.0 * node, 11.0 * node, 1.0 + node)
        status = self.read().scenario_status
        assert status.ok, status

    def used_ns(self):
        """Processor time of the process so far."""
        with open(f"/proc/{self.simulator.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    def round(self, model):
        """Nanoseconds a reception."""
        number = self.models.index(model) + 1
        asked = [uavtest.delimit(channel.ToSimulator(transmit={
            "id": packet, "scenario": number, "transmitter": 1, "sequence": packet,
            "receivers": range(2, RECEIVERS + 2), "payload": bytes(64)}))
                 for packet in range(PACKETS)]
        start = self.used_ns()
        for first in range(0, PACKETS, 50):
            self.socket.sendall(b"".join(asked[first:first + 50]))
            for _ in range(50):
                assert len(self.read().result.receptions) == RECEIVERS
        return (self.used_ns() - start) / (PACKETS * RECEIVERS)


def measure(t):
    simulators = {program: Simulator(t, program) for program in PROGRAMS}
    models = list(dict.fromkeys(model for one in simulators.values() for model in one.models))
    least = {}
    for _ in range(ROUNDS):
        for model in models:
            for program, simulator in simulators.items():
                if model in simulator.models:
                    cost = simulator.round(model)
                    least[program, model] = min(cost, least.get((program, model), cost))
    print(f"{'ns a reception':20}" + "".join(f"{program:>10}" for program in PROGRAMS))
    for model in models:
        cells = [least.get((program, model)) for program in PROGRAMS]
        print(f"{model:20}" + "".join(f"{cell:10.0f}" if cell else f"{'':10}" for cell in cells))


def main():
    os.environ.setdefault("B", "build")
    context = uavtest.Context()
    try:
        measure(context)
    except uavtest.Skip as skip:
        sys.exit(f"simulator_cost.py: {skip}")
    finally:
        context.close()


if __name__ == "__main__":
    main()
