"""What came of an overload (mode `overload` of the load): figures of its intervals. Goodput is
what was delivered and reported so; calm is half of what can be carried at the most (the peak),
offered before and after three times the peak was. The peak is found before all that and once
more after it: where the two are far from each other the machine was another meanwhile, and
goodput as a share of the peak says nothing. Nor does it where others have taken the relay's
processor, from it and the spinner, while it was offered too much or a peak was found."""

import statistics
from dataclasses import dataclass

# As drone.proto numbers them.
OUTCOMES = ("unspecified", "delivered", "corrupted", "lost", "no_route", "target_offline",
            "target_left", "not_allowed", "too_large", "simulator_down", "simulator_timeout",
            "simulator_error", "overloaded")

ENOUGH = 0.9  # of the goodput that there was before; that is what "back" means
P99_MORE = 1.5  # times the largest p99 that there was before, at most
STAYS = 5  # intervals in a row that make it back
A_SECOND_S = 1.0
PEAKS_APART = 20.0  # percent, of the greater one; more: the run decides nothing
OTHERS = 20.0  # percent of the relay's processor; the same
WATCHED_S = 5.0  # who is not back says something only when it was watched for so long


@dataclass(frozen=True)
class Interval:
    """What happened in a tenth of a second."""

    stage: str
    offered: int  # were due
    skipped: int  # of these: the drone's socket took nothing
    delivered: int
    p50_us: float
    p99_us: float
    outcomes: tuple  # messages reported, by outcome
    cpu: tuple  # shares of a processor: of relay, simulator, load; the spinner's before the load's

    @property
    def good(self):
        return self.outcomes[OUTCOMES.index("delivered")]

    def reported(self, name):
        return self.outcomes[OUTCOMES.index(name)]


class Overload:
    """One run, from the load's JSON (its part `overload`)."""

    def __init__(self, found):
        self.peaks = found["peaks"]
        self.peak = self.peaks[0]  # of which three times were offered
        self.interval_s = found["interval_ms"] / 1000
        self.intervals = [Interval(*each[:6], tuple(each[6]), tuple(each[7]))
                          for each in found["intervals"]]

    @property
    def peaks_apart(self):
        """Percent."""
        return 100 * (1 - min(self.peaks) / max(self.peaks))

    @property
    def others(self):
        """Percent of the relay's processor that was neither its nor the spinner's; None: there
        is no spinner that would have taken all the rest. Of the stages that are compared the one
        with the most."""
        stages = [[each.cpu[0] + each.cpu[2] for each in self.stage(name) if len(each.cpu) > 3]
                  for name in ("peak", "over", "again")]
        least = min((statistics.fmean(stage) for stage in stages if stage), default=None)
        return None if least is None else max(0.0, 100 * (1 - least))

    @property
    def decides(self):
        return self.peaks_apart <= PEAKS_APART and (self.others or 0.0) <= OTHERS

    def stage(self, name):
        """Its intervals; the last is cut short by the next stage and is none."""
        return [interval for interval in self.intervals if interval.stage == name][:-1]

    def share_of_peak(self, goods):
        """Percent of the peaks' mean, of the goodput in so many intervals."""
        peak = statistics.fmean(self.peaks)
        return 100 * sum(goods) / len(goods) / self.interval_s / peak

    def worst_second(self):
        goods = [interval.good for interval in self.stage("over")]
        size = min(len(goods), max(1, round(A_SECOND_S / self.interval_s)))
        return min(self.share_of_peak(goods[at:at + size])
                   for at in range(len(goods) - size + 1))

    def back_after_s(self, is_back):
        """From the fall of what is offered until `is_back(interval)` stays true; as long as was
        watched if it never does, None if that was too short."""
        back = [is_back(interval) for interval in self.stage("after")]
        for at in range(len(back) - STAYS + 1):
            if all(back[at:at + STAYS]):
                return at * self.interval_s
        watched_s = len(back) * self.interval_s
        return watched_s if watched_s >= WATCHED_S else None

    def figures(self):
        over, before = self.stage("over"), self.stage("before")
        calm_good = statistics.median(interval.good for interval in before)
        calm_p99 = max(interval.p99_us for interval in before)
        offered = sum(interval.offered for interval in over)
        reported = sum(sum(interval.outcomes) for interval in over) or 1

        def good_again(interval):
            return interval.good >= ENOUGH * calm_good

        def quick_again(interval):
            return good_again(interval) and 0 < interval.p99_us <= P99_MORE * calm_p99

        arriving = [each.p99_us for each in over if each.delivered]
        return {
            "undecided": not self.decides,
            "per_second": self.peak,
            "again_per_second": self.peaks[1],
            "peaks_apart_percent": self.peaks_apart,
            "others_percent": self.others,
            "held_percent": statistics.median(self.share_of_peak([interval.good])
                                              for interval in over),
            "worst_second_percent": self.worst_second(),
            "good_back_s": self.back_after_s(good_again),
            "p99_back_s": self.back_after_s(quick_again),
            "timeout_percent": 100 * sum(each.reported("simulator_timeout")
                                         for each in over) / reported,
            "overloaded_percent": 100 * sum(each.reported("overloaded")
                                            for each in over) / reported,
            "not_taken_percent": 100 * sum(each.skipped for each in over) / offered,
            "calm_p99_ms": statistics.median(each.p99_us for each in before) / 1e3,
            # of nothing that arrives there is none
            "over_p99_ms": (statistics.median(arriving) / 1e3
                            if 2 * len(arriving) > len(over) else None),
            "relay_busy_percent": 100 * statistics.fmean(each.cpu[0] for each in over),
        }
