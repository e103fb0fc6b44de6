"""Worked examples of SPEC.md: prices -> measured risk -> margin -> liquidation, with 60-digit decimals and without the engine's code.

Run `python3 worked.py > worked.csv`. Each line is `case,name,i,j,value`; values are whole numbers at 1e-18 unless they count something
(base units, hours, millionths of a dollar). The first names of a case are what the engine is given, the others what it must find.
"""

from decimal import Decimal as D, getcontext, ROUND_FLOOR

getcontext().prec = 60
ONE = D(10) ** 18
START = 400_000  # hours since 1970, a multiple of four
KAPPA = D("22.045407685048602")
INITIAL, CALL, TARGET = D("1.25"), D("1.15"), D("1.25")


def out(case, name, value, i="", j=""):
    print(f"{case},{name},{i},{j},{value}")


def fixed(number):
    return int((number * ONE).to_integral_value(rounding=ROUND_FLOOR))


class Random:
    """A linear congruential generator, so that the paths are the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


class Moments:
    """Covariances on one grid; time in hours."""

    def __init__(self, legs, weight):
        self.at, self.age = START, D(weight)
        self.last = [None] * len(legs)
        self.m = [
            [2 * a["floor"] * b["floor"] * (D(1) if i == j else (a["rho"] * b["rho"]).sqrt()) for j, b in enumerate(legs)]
            for i, a in enumerate(legs)
        ]

    def samples(self, quotes, now):
        """The quotes, price and time, that are at most 75 minutes old and newer than the last sample."""
        def newer(quote, last):
            return quote is not None and now - quote[1] <= D("1.125") and (last is None or quote[1] > last[1])

        return [quote if newer(quote, last) else None for quote, last in zip(quotes, self.last)]

    def returns(self, samples, now):
        found = []
        for sample, last in zip(samples, self.last):
            if sample is None or last is None:
                found.append(None)
                continue
            change = max(D(-2), min(D(2), D(sample[0]) / last[0] - 1))
            span, elapsed = sample[1] - last[1], now - self.at
            found.append(change * (D(elapsed) / span).sqrt() if span > elapsed else change)
        return found

    def update(self, returns, memory, samples, now):
        dt = D(now - self.at)
        w = dt / (dt + min(D(memory), self.age))
        for i, one in enumerate(returns):
            for j, other in enumerate(returns):
                if one is not None and other is not None:
                    self.m[i][j] += w * (one * other / dt - self.m[i][j])
                elif one is not None or other is not None:
                    self.m[i][j] *= (1 - w).sqrt()
        self.last = [sample or last for sample, last in zip(samples, self.last)]
        self.age += dt
        self.at = now


def rho_of(moments, i, j):
    if i == j:
        return D(1)
    if min(moments.m[i][i], moments.m[j][j]) < D(10) ** -15:
        return D(0)
    return max(D(-1), min(D(1), moments.m[i][j] / (moments.m[i][i] * moments.m[j][j]).sqrt()))


def path(case, legs, hours, seed):
    """Prices in millionths of a dollar of every hour that is measured, `None` where a leg has none."""
    random, price, rows = Random(seed), [leg["price"] for leg in legs], []
    now = START
    while now < START + hours:
        now += 6 if now == START + case.get("gap", -1) else 1
        market = random.below(2001) - 1000
        row = []
        for i, leg in enumerate(legs):
            own = random.below(2001) - 1000
            move = (market * leg["beta"] + own * (100 - abs(leg["beta"]))) * leg["vol"] // 100_000
            if (now - START, i) == case.get("jump"):
                move = 300_000
            price[i] = max(1, price[i] * (1_000_000 + move) // 1_000_000)
            row.append(None if random.below(100) < leg["miss"] else price[i])
        rows.append((now, row))
    return rows


def measure(legs, rows, weight):
    slow, coarse = Moments(legs, weight), Moments(legs, weight)
    fast = [slow.m[i][i] for i in range(len(legs))]
    measured = [x.sqrt() for x in fast]
    sigma, counts, quotes = list(measured), [0] * len(legs), [None] * len(legs)
    for now, prices in rows:
        quotes = [old if price is None else (D(price), now) for old, price in zip(quotes, prices)]
        samples = slow.samples(quotes, now)
        dt, age = D(now - slow.at), slow.age
        returns = slow.returns(samples, now)
        limits = [min(D(2), 8 * s * dt.sqrt()) for s in sigma]
        returns = [None if r is None else max(-limit, min(limit, r)) for r, limit in zip(returns, limits)]
        slow.update(returns, 4320, samples, now)
        w = dt / (dt + min(D(24), age))
        for i, r in enumerate(returns):
            if r is not None:
                fast[i] += w * (r * r / dt - fast[i])
                counts[i] += 1
            measured[i] = max(legs[i]["floor"], ((fast[i] + slow.m[i][i]) / 2).sqrt())
            up, down = sigma[i] * D("0.01") * dt, sigma[i] * D("0.0025") * dt
            sigma[i] = max(legs[i]["floor"], min(sigma[i] + up, max(sigma[i] - down, measured[i])))
        if now // 4 > coarse.at // 4:
            samples = coarse.samples(quotes, now)
            coarse.update(coarse.returns(samples, now), 720, samples, now)
    return slow, coarse, fast, measured, sigma, counts


def margin(case, legs, x, sigma, rho, held):
    """K, MM, the fees and each leg's share of K. `x` are dollars, `held` the dollars of the whole protocol."""
    y = []
    for leg, dollars, s, exposure in zip(legs, x, sigma, held):
        factor = D(1)
        if leg["flow_cap"]:
            size = max(abs(dollars), case["phi"] * exposure)
            factor = min(case["cr_max"], max(D(1), size / (24 * leg["flow_cap"])).sqrt())
        y.append(factor * s * dollars)
    n = range(len(y))
    rho_y = [sum(rho[i][j] * y[j] for j in n) for i in n]
    q, total, squares = sum(a * b for a, b in zip(y, rho_y)), sum(y), sum(a * a for a in y)
    delta = case["delta"]
    form = (1 - delta) * q + delta * max(total * total, squares)
    slope = [(1 - delta) * rho_y[i] + delta * (total if total * total >= squares else y[i]) for i in n]
    k = KAPPA * form.sqrt()
    jump = max(leg["jump"] * abs(dollars) for leg, dollars in zip(legs, x))
    fees = (case["bonus"][1] + case["fee"]) * sum(-dollars for dollars in x if dollars < 0)
    return k, max(k, jump) + fees, [y[i] * slope[i] / form for i in n]


def liquidate(case, assess, v, debt, price, unit):
    """What a liquidator with enough money pays for the debt, and the share of the collateral it receives."""
    e, mm = v - debt, assess(D(0), D(0))[1]
    low, high = case["bonus"]
    bonus = low + (high - low) * (mm - max(e, D(0))) / mm
    g = 1 + bonus + case["fee"]
    if v < debt:
        repaid = v / (1 + low)
        return "insolvent", low, repaid, D(0), D(1)
    if v < g * debt:
        return "thin", v / debt - 1, debt, D(0), D(1)

    def reaches(repaid):
        return v - g * repaid - (debt - repaid) >= TARGET * assess(g * repaid / v, repaid)[1]

    short, enough = D(0), debt
    for _ in range(150):
        middle = (short + enough) / 2
        short, enough = (short, middle) if reaches(middle) else (middle, enough)
    return "ordinary", bonus, enough, enough * case["fee"], g * enough / v


def run(name, case):
    legs, hours, weight = case["legs"], case["hours"], case["weight"]
    rows = path(case, legs, hours, case["seed"])
    slow, coarse, fast, measured, sigma, samples = measure(legs, rows, weight)
    now, n = rows[-1][0], len(legs)
    quotes = [max((t, row[i]) for t, row in rows if row[i] is not None) for i in range(n)]
    value = [D(units) / 10**6 for _, units in quotes]
    in_force = []
    for i, leg in enumerate(legs):
        age = now - quotes[i][0]
        s = max(sigma[i], leg["floor"])
        if samples[i] < 24 or now - slow.last[i][1] > 24:
            s = max(s, 2 * leg["floor"])
        in_force.append(s * (1 + D(age) / 24).sqrt())
    rho = [[rho_of(coarse, i, j) for j in range(n)] for i in range(n)]
    held = [leg["held"] * p for leg, p in zip(legs, value)]
    worth = [D(leg["amount"]) / D(10) ** leg["decimals"] * p for leg, p in zip(legs, value)]
    unit = value[-1] / D(10) ** legs[-1]["decimals"]
    v = sum(worth[:-1])

    def at(debt):
        return lambda share, repaid: margin(
            case, legs, [x * (1 - share) for x in worth[:-1]] + [repaid - debt], in_force, rho, held
        )

    if "ltv" in case:
        owed = int(v * case["ltv"] / unit)
    else:
        low, high = D(0), v
        for _ in range(120):
            debt = (low + high) / 2
            low, high = (debt, high) if v - debt > case["ratio"] * at(debt)(D(0), D(0))[1] else (low, debt)
        owed = int(low / unit)
    debt = owed * unit
    assess = at(debt)
    k, mm, shares = assess(D(0), D(0))
    e = v - debt

    out(name, "weight", case["weight"])
    for key in ("delta", "phi", "cr_max", "fee"):
        out(name, key, fixed(case[key]))
    for i, bonus in enumerate(case["bonus"]):
        out(name, "bonus_bounds", fixed(bonus), i)
    for i, leg in enumerate(legs):
        out(name, "floor", fixed(leg["floor"]), i)
        out(name, "assumed", fixed(leg["rho"]), i)
        out(name, "jump", fixed(leg["jump"]), i)
        out(name, "flow_cap", fixed(leg["flow_cap"]), i)
        out(name, "decimals", leg["decimals"], i)
        out(name, "held", int(leg["held"] * D(10) ** leg["decimals"]), i)
        if i < n - 1:
            out(name, "amount", leg["amount"], i)
    out(name, "owed", owed)
    for t, row in rows:
        for i, units in enumerate(row):
            out(name, "price", "" if units is None else units, t, i)

    for i in range(n):
        for j in range(i + 1):
            out(name, "slow", fixed(slow.m[i][j]), i, j)
            out(name, "coarse", fixed(coarse.m[i][j]), i, j)
            if j < i:
                out(name, "rho", fixed(rho[i][j]), i, j)
        out(name, "fast", fixed(fast[i]), i)
        out(name, "measured", fixed(measured[i]), i)
        out(name, "sigma", fixed(sigma[i]), i)
        out(name, "samples", samples[i], i)
        out(name, "share", fixed(shares[i]), i)
    out(name, "collateral", fixed(v))
    out(name, "equity", fixed(e))
    out(name, "k", fixed(k))
    out(name, "maintenance", fixed(mm))
    level = "healthy"
    for bar, below in ((INITIAL * mm, "restricted"), (CALL * mm, "called"), (mm, "liquidatable"), (D(0), "insolvent")):
        level = below if e < bar else level
    out(name, "level", level)
    if level in ("liquidatable", "insolvent"):
        kind, bonus, repaid, fee, share = liquidate(case, assess, v, debt, value[-1], unit)
        out(name, "kind", kind)
        out(name, "bonus", fixed(bonus))
        out(name, "repaid", int(repaid / unit))
        out(name, "paid_fee", int(fee / unit))
        for i in range(n - 1):
            out(name, "seized", int(legs[i]["amount"] * share), i)
        out(name, "bad_debt", owed - int(repaid / unit) if kind == "insolvent" else 0)


def leg(price, vol, beta, amount=0, decimals=6, floor="0.004", rho="0.5", jump="0", flow_cap=0, held=0, miss=0):
    return {
        "price": int(D(price) * 10**6), "vol": vol, "beta": beta, "amount": amount, "decimals": decimals, "floor": D(floor),
        "rho": D(rho), "jump": D(jump), "flow_cap": D(flow_cap), "held": D(held), "miss": miss,
    }


DOLLAR = dict(price=1, vol=100, beta=0, decimals=6, floor="0.0005", rho="0", jump="0.01")
BASE = {
    "hours": 60, "weight": 720, "delta": D("0.25"), "phi": D("0.15"), "cr_max": D(3), "fee": D("0.01"),
    "bonus": (D("0.02"), D("0.08")), "ratio": D("0.7"),
}
BTC = dict(price=60_000, vol=12_000, beta=80, amount=250_000_000, decimals=8)
ETH = dict(price=3_000, vol=16_000, beta=75, amount=40 * 10**18, decimals=18)
ATOM = dict(price=10, vol=25_000, beta=60, amount=9_000 * 10**6)
CASES = {
    "healthy": {"legs": [leg(**BTC), leg(**ETH), leg(**DOLLAR)], "seed": 1, "ratio": D("1.6")},
    "called": {"legs": [leg(**BTC), leg(**ETH), leg(**DOLLAR)], "seed": 2, "ratio": D("1.1")},
    "long": {"legs": [leg(**BTC), leg(**ETH), leg(**ATOM), leg(**DOLLAR)], "seed": 3},
    "hedge": {
        "legs": [leg(**{**BTC, "rho": "0.98"}), leg(price=61_000, vol=12_000, beta=79, decimals=8, rho="0.98")], "seed": 4, "ratio": D("0.9"),
        "delta": D("0.02"), "fee": D(0), "bonus": (D("0.01"), D("0.01")),
    },
    "silences": {
        "legs": [leg(**{**BTC, "miss": 20}), leg(**{**ETH, "miss": 35}), leg(**ATOM), leg(**{**DOLLAR, "miss": 10})],
        "seed": 5, "gap": 30, "jump": (44, 2), "hours": 90,
    },
    "concentrated": {
        "legs": [leg(**{**BTC, "flow_cap": 2_000, "held": 40}), leg(**{**ATOM, "flow_cap": 500, "held": 900_000}), leg(**DOLLAR)],
        "seed": 6, "ratio": D("0.8"),
    },
    "young": {"legs": [leg(**BTC), leg(**ATOM), leg(**DOLLAR)], "seed": 7, "hours": 12},
    "pegged": {"legs": [leg(price=1, vol=150, beta=0, amount=10**10, floor="0.0005", rho="0.1", jump="0.1"), leg(**DOLLAR)], "seed": 8, "ratio": D("0.95")},
    "thin": {"legs": [leg(**BTC), leg(**ETH), leg(**DOLLAR)], "seed": 9, "ltv": D("0.96")},
    "insolvent": {"legs": [leg(**BTC), leg(**ETH), leg(**DOLLAR)], "seed": 10, "ltv": D("1.2")},
}

if __name__ == "__main__":
    for title, changes in CASES.items():
        run(title, {**BASE, **changes})
