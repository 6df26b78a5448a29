"""One case of one system: the stage is set, the load is put on, and what was found is
looked over. What broke is raised as `Broken`; nothing is judged by its time."""

from figures import of_run
from process import Broken
from rows import OVERLOAD_STAGES
from stage import CROWD_FIRST, HUB, PREFIX, Stage, last_json, scenarios_of

SHORTEST_S = 0.1
WARM_UP = 0.25  # share of the measured time
COUNTING = 0.4  # the load goes on, to 20 times that, until it has counted enough
READY = r"^\{.*\"ready\""


def measured_s(case, seconds):
    """Of a run with that many --seconds."""
    return max(SHORTEST_S, seconds * case.share)


def measure(system, case, pins, seconds):
    """(figures, what each load printed)"""
    seconds = measured_s(case, seconds)
    with Stage(pins, case, seconds) as stage:
        stage.dialect = system.dialect
        system.start(stage)
        results = hold_crowd(stage) if case.mode == "idle" else put_load(stage)
        stage.check()
        if case.valid_us:
            results[0]["accounts"] = system.accounts(stage)
    for result in results:
        look_over(result, case)
    return of_run(results), results


def put_load(stage):
    case = stage.case
    if case.crowd:
        crowd = stage.start_load("crowd", "idle", {**common(case), "drones": case.crowd,
                                                   "first": CROWD_FIRST}, held_open=True)
        crowd.wait_printed(READY)
    flooder = stage.start_flooder() if case.flood else None
    loads = [stage.start_load(f"load{lane}", case.mode, options_of(case, lane, stage.seconds))
             for lane in range(case.lanes)]
    results = [stage.result_of(load) for load in loads]
    if case.crowd:
        crowd.check()
    if flooder:
        flooder.check()
        flooder.end()
        results[0].update(last_json(flooder))
    return results


def hold_crowd(stage):
    """The load says what it found as soon as all are there."""
    load = stage.start_load("load", "idle", options_of(stage.case, 0, stage.seconds),
                            held_open=True)
    load.wait_printed(READY)
    return [last_json(load)]


def common(case):
    """Of every load on this case's stage."""
    return {"payload": case.payload, "prefix": PREFIX, "scenario": scenarios_of(case)[0]}


def options_of(case, lane, seconds):
    drones = case.drones // case.lanes
    options = {
        **common(case),
        "scenario": scenarios_of(case)[lane],
        "drones": drones,
        "first": lane * drones,
        "seconds": f"{seconds:g}",
        "warmup": f"{seconds * WARM_UP:g}",
        "counting": f"{seconds * COUNTING if case.counted else 0:g}",
        "presence": case.presence,
        "reports": case.reports,
        "one-hop": case.one_hop,
        "any-order": case.link_cache,
        "everyone": case.everyone,
        "hub": HUB if case.topology == "star" else None,
    }
    if case.send_buffer:
        options["send-buffer"] = case.send_buffer
    if case.mode == "overload":
        options["stages"] = ",".join(f"{each * seconds:g}" for each in OVERLOAD_STAGES)
    if case.mode in ("pairs", "many", "overload"):
        options["window"] = case.window
    if case.rate:
        options["rate"] = case.rate
    if case.mode == "register":
        options["base"] = case.base
    if case.changing:
        options["changers"] = case.changing
    return options


def look_over(result, case):
    """What must be right however slow it was."""
    if case.flood:
        return  # what does not arrive is a figure
    accounts = result.get("accounts")
    if accounts and accounts["delivered"] != accounts["accepted"]:
        raise Broken(f"of {accounts['accepted']} messages {accounts['delivered']} were delivered")
    if result.get("lost") and not case.link_cache:  # then they may come in another order
        raise Broken(f"{result['lost']} of {result['sent']} messages were lost")
    if case.mode in ("pairs", "open", "many", "overload") and not result["delivered"]:
        raise Broken("no message arrived in the measured time")
    if case.mode == "register" and result["registered"] != case.drones:
        raise Broken(f"{result['registered']} of {case.drones} drones registered")
    if case.mode == "register" and result["told"] < result["told_expected"]:
        raise Broken(f"drones were told of {result['told']:,} others, "
                     f"not of {result['told_expected']:,}")
