"""Path losses worked out anew from the texts that the models are taken from, one a line, for
tests/unit/test_sim_reference.c: what ns-3 3.37 has no model of. README.md says what the columns
are. Nothing here is shared with sim-stub."""

import cmath
import itertools
import math

LIGHT = 299792458.0
COLUMNS = "model,settings,sight,transmitter_m,receiver_m,horizontal_m,quantity,value"


def log10(x):
    return math.log(x) / math.log(10.0)


def free_space(frequency, distance):
    """ITU-R P.525: the sphere's area over that of an isotropic antenna."""
    wavelength = LIGHT / frequency
    sphere = 4 * math.pi * distance ** 2
    return 10 * log10(sphere / (wavelength ** 2 / (4 * math.pi)))


# ------------------------------------------------- TR 36.777, tables B-1, B-2, B-3


class Rural:
    model, base, aerial_from, always_seen_from = "3gpp-rma", 35.0, 10.0, 40.0
    decorrelation = {"los": 37, "nlos": 120}  # TR 38.901, table 7.5-6

    @staticmethod
    def p1(h):
        return max(15021 * log10(h) - 16053, 1000)

    @staticmethod
    def d1(h):
        return max(1350.8 * log10(h) - 1602, 18)

    @staticmethod
    def los(f, h, d):
        return max(23.9 - 1.8 * log10(h), 20) * log10(d) + 20 * log10(40 * math.pi * f / 3)

    @staticmethod
    def nlos(f, h, d):
        other = -12 + (35 - 5.3 * log10(h)) * log10(d) + 20 * log10(40 * math.pi * f / 3)
        return max(Rural.los(f, h, d), other)

    @staticmethod
    def spread(sight, h):
        return 4.2 * math.exp(-0.0046 * h) if sight == "los" else 6


class Macro:
    model, base, aerial_from, always_seen_from = "3gpp-uma", 25.0, 22.5, 100.0
    decorrelation = {"los": 37, "nlos": 50}

    @staticmethod
    def p1(h):
        return 4300 * log10(h) - 3800

    @staticmethod
    def d1(h):
        return max(460 * log10(h) - 700, 18)

    @staticmethod
    def los(f, h, d):
        return 28.0 + 22 * log10(d) + 20 * log10(f)

    @staticmethod
    def nlos(f, h, d):
        other = -17.5 + (46 - 7 * log10(h)) * log10(d) + 20 * log10(40 * math.pi * f / 3)
        # the table has no maximum here; see sim-stub/README.md
        return max(Macro.los(f, h, d), other)

    @staticmethod
    def spread(sight, h):
        return 4.64 * math.exp(-0.0066 * h) if sight == "los" else 6


class Micro:
    model, base, aerial_from, always_seen_from = "3gpp-umi", 10.0, 22.5, math.inf
    decorrelation = {"los": 10, "nlos": 13}

    @staticmethod
    def p1(h):
        return 233.98 * log10(h) - 0.95

    @staticmethod
    def d1(h):
        return max(294.05 * log10(h) - 432.94, 18)

    @staticmethod
    def los(f, h, d):
        return max(free_space(f * 1e9, d), 30.9 + (22.25 - 0.5 * log10(h)) * log10(d) + 20 * log10(f))

    @staticmethod
    def nlos(f, h, d):
        return max(Micro.los(f, h, d), 32.4 + (43.2 - 7.6 * log10(h)) * log10(d) + 20 * log10(f))

    @staticmethod
    def spread(sight, h):
        return max(5 * math.exp(-0.01 * h), 2) if sight == "los" else 8


def seen(cell, height, horizontal):
    if height > cell.always_seen_from:
        return 1.0
    d1, p1 = cell.d1(height), cell.p1(height)
    if horizontal <= d1:
        return 1.0
    return d1 / horizontal + math.exp(-horizontal / p1) * (1 - d1 / horizontal)


def aerial():
    heights = (10.5, 22.75, 30.0, 40.5, 80.0, 120.0, 300.0, 500.0)
    distances = (2.0, 45.0, 200.0, 700.0, 4000.0)
    for cell, low, high, horizontal in itertools.product(
            (Rural, Macro, Micro), (0.0, 60.0), heights, distances):
        terminal, base = max(low, high), max(min(low, high), cell.base)
        if terminal <= cell.aerial_from:
            continue
        flying = min(terminal, 300.0)
        distance = math.hypot(max(horizontal, 10.0), terminal - base)
        place = (low, high, horizontal)
        yield cell.model, "frequency_hz=2e9", "-", *place, "los_probability", seen(cell, flying, horizontal)
        for sight, frequency in itertools.product(("los", "nlos"), (0.868, 5.8)):
            loss = cell.los if sight == "los" else cell.nlos
            settings = f"frequency_hz={frequency}e9"
            yield cell.model, settings, sight, *place, "loss_db", loss(frequency, flying, distance)
            if horizontal == 200.0:
                yield cell.model, settings, sight, *place, "shadowing_db", cell.spread(sight, flying)
                yield cell.model, settings, sight, *place, "decorrelation_m", cell.decorrelation[sight]


# ------------------------------------------------------------------- two-ray


def ground(frequency, given):
    """ITU-R P.2040, table 3: medium dry ground; else what is given."""
    f = min(max(frequency / 1e9, 1.0), 10.0)
    relative = given.get("permittivity", 15 / f ** 0.1)
    conductivity = given.get("conductivity_s_per_m", 0.035 * f ** 1.63)
    vacuum = 8.8541878128e-12
    return complex(relative, -conductivity / (2 * math.pi * frequency * vacuum))


def fresnel(polarization, angle, medium):
    root = cmath.sqrt(medium - math.cos(angle) ** 2)
    if polarization == "vertical":
        return (medium * math.sin(angle) - root) / (medium * math.sin(angle) + root)
    return (math.sin(angle) - root) / (math.sin(angle) + root)


def both_rays(frequency, polarization, given, one, other, horizontal):
    """The sum of two spherical waves, over what an isotropic antenna takes of it."""
    turns = 2j * math.pi * frequency / LIGHT
    direct = math.hypot(horizontal, one - other)
    reflected = math.hypot(horizontal, one + other)
    angle = math.atan2(one + other, horizontal)
    factor = fresnel(polarization, angle, ground(frequency, given))
    field = cmath.exp(-turns * direct) / direct + factor * cmath.exp(-turns * reflected) / reflected
    return -20 * log10(LIGHT / frequency / (4 * math.pi) * abs(field))


def two_ray():
    grounds = ({}, {"permittivity": 5.0, "conductivity_s_per_m": 0.0},
               {"permittivity": 80.0, "conductivity_s_per_m": 5.0})
    heights = ((2.0, 2.0), (2.0, 40.0), (1.5, 120.0), (0.0, 10.0))
    distances = (0.5, 10.0, 75.0, 300.0, 1000.0, 5600.0, 30000.0)
    for frequency, polarization, given, (one, other), horizontal in itertools.product(
            (433e6, 2.4e9, 5.8e9), ("vertical", "horizontal"), grounds, heights, distances):
        if one == other and horizontal < 1.0:
            continue  # nearer than a metre: models keep to a metre
        settings = ";".join([f"frequency_hz={frequency:.10g}", f"polarization={polarization}",
                             *(f"{key}={value}" for key, value in given.items())])
        loss = both_rays(frequency, polarization, given, max(one, 1.5), max(other, 1.5), horizontal)
        yield "two-ray", settings, "-", one, other, horizontal, "loss_db", loss


# -------------------------------------------------------------- air-to-ground

# Al-Hourani, Kandeepan, Lardner 2014: a, b, excess with and without line of sight
TOWNS = {
    "sub-urban": (4.88, 0.43, 0.1, 21.0),
    "urban": (9.61, 0.16, 1.0, 20.0),
    "dense": (12.08, 0.11, 1.6, 23.0),
    "high-rise": (27.23, 0.08, 2.3, 34.0),
}


def air_to_ground():
    for (town, (a, b, with_sight, without)), (low, high), horizontal in itertools.product(
            TOWNS.items(), ((0.0, 0.0), (2.0, 30.0), (0.0, 120.0), (40.0, 400.0)),
            (1.0, 20.0, 100.0, 500.0, 4000.0)):
        degrees = math.degrees(math.atan((high - low) / horizontal))
        place = (low, high, horizontal)
        settings = f"frequency_hz=2e9;environment={town}"
        yield ("air-to-ground", settings, "-", *place, "los_probability",
               1 / (1 + a * math.exp(-b * (degrees - a))))
        clear = free_space(2e9, math.hypot(horizontal, high - low))
        yield "air-to-ground", settings, "los", *place, "loss_db", clear + with_sight
        yield "air-to-ground", settings, "nlos", *place, "loss_db", clear + without


def main():
    print(COLUMNS)
    for model, settings, sight, low, high, horizontal, quantity, value in itertools.chain(
            aerial(), two_ray(), air_to_ground()):
        print(f"{model},{settings},{sight},{low:g},{high:g},{horizontal:g},{quantity},{value:.6f}")


if __name__ == "__main__":
    main()
