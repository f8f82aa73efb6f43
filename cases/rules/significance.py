"""Whether two figures really differ, or only as figures do by chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import atan, cos, erfc, exp, lgamma, log, pi, sin, sqrt

from cases.rules.survival import SURE, Curve, Z

NOISE_FROM = 1 - SURE  # a difference that chance alone makes this often or more
# Under so many expected in a cell, and up to so many counted, chance is added up instead of approximated.
FEW_EXPECTED = 5
FEW_COUNTED = 1000
# Two chances that differ by less than this differ by rounding.
_ALIKE = 1 + 1e-7


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the first figure is above the second, where that lies with 95 % certainty, and how likely by chance.

    No figure where one of the two is not known.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float

    @property
    def is_noise(self) -> bool:
        """Whether chance alone may well have made it."""
        return self.p >= NOISE_FROM


UNKNOWN = Difference(None, None, None, 1.0)


def shares(a_hits: int, a_of: int, b_hits: int, b_of: int) -> Difference:
    """Two shares compared: Fisher's exact test (1922) where few are expected, else the two-proportion score test.

    The interval is Newcombe's (Statistics in Medicine 17, 1998, method 10), made of two of Wilson's (JASA 22, 1927).
    """
    if not a_of or not b_of:
        return UNKNOWN
    ends = [_wilson(a_hits, a_of), _wilson(b_hits, b_of)]
    hits, of = a_hits + b_hits, a_of + b_of
    if min(hits, of - hits) * min(a_of, b_of) < FEW_EXPECTED * of:
        p = _fisher(a_hits, a_of, hits, of)
    else:
        pooled = hits / of
        p = _two_sided((a_hits / a_of - b_hits / b_of) / sqrt(pooled * (1 - pooled) * (1 / a_of + 1 / b_of)))
    return _difference(a_hits / a_of, b_hits / b_of, ends[0], ends[1], p)


def rates(a: int, span_a: float, b: int, span_b: float) -> Difference:
    """Two counts compared as so many per span (of days, of cases), as Przyborowski and Wilenski did (Biometrika, 1940).

    Of all that was counted, chance puts into the first what its part of the spans is: exactly by the binomial up to
    ``FEW_COUNTED``, by the normal above. The interval joins two score intervals as Zou and Donner do (2008).
    """
    if span_a <= 0 or span_b <= 0:
        return UNKNOWN
    both, part = a + b, span_a / (span_a + span_b)
    if both <= FEW_COUNTED:
        p = _at_most(a, [_binomial(n, both, part) for n in range(both + 1)])
    else:
        p = _two_sided((a - both * part) / sqrt(both * part * (1 - part)))
    return _difference(a / span_a, b / span_b, _poisson(a, span_a), _poisson(b, span_b), p)


def medians(a: Curve, b: Curve) -> Difference:
    """Two curves compared by the log-rank test (Mantel, 1966; Peto and Peto, 1972), as the difference of their medians.

    The test looks at the whole curves, so that it also tells them apart where a median is not reached yet.
    """
    p = _log_rank(a, b)
    first, second = a.median, b.median
    if first is None or second is None:
        return Difference(None, None, None, p)
    one, other = a.interval(), b.interval()
    low = _away(first - (one.low or 0), None if other.high is None else other.high - second)
    high = _away(None if one.high is None else one.high - first, second - (other.low or 0))
    gap = float(first - second)
    return Difference(gap, None if low is None else gap - low, None if high is None else gap + high, p)


def _difference(
    first: float, second: float, one: tuple[float, float], other: tuple[float, float], p: float
) -> Difference:
    gap = first - second
    low = sqrt((first - one[0]) ** 2 + (other[1] - second) ** 2)
    high = sqrt((one[1] - first) ** 2 + (second - other[0]) ** 2)
    return Difference(gap, gap - low, gap + high, p)


def _away(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else sqrt(one**2 + other**2)


def _two_sided(deviation: float) -> float:
    """How often chance makes at least this many standard deviations, either way."""
    return erfc(abs(deviation) / sqrt(2))


def _wilson(hits: int, of: int) -> tuple[float, float]:
    share, z = hits / of, Z**2
    middle, width = share + z / (2 * of), Z * sqrt(share * (1 - share) / of + z / (4 * of**2))
    return max(0.0, (middle - width) / (1 + z / of)), min(1.0, (middle + width) / (1 + z / of))


def _poisson(count: int, span: float) -> tuple[float, float]:
    middle, width = count + Z**2 / 2, Z * sqrt(count + Z**2 / 4)
    return max(0.0, middle - width) / span, (middle + width) / span


def _fisher(hits: int, of: int, all_hits: int, all_of: int) -> float:
    """How often chance gives a table at least as unlikely, its margins being as they are."""
    low, high = max(0, all_hits - (all_of - of)), min(of, all_hits)
    whole = _choose(all_of, all_hits)
    chances = [exp(_choose(of, n) + _choose(all_of - of, all_hits - n) - whole) for n in range(low, high + 1)]
    return _at_most(hits - low, chances)


def _at_most(index: int, chances: list[float]) -> float:
    """The chances of everything that is no likelier than what happened."""
    bar = chances[index] * _ALIKE
    return min(1.0, sum(chance for chance in chances if chance <= bar))


def _choose(of: int, hits: int) -> float:
    """The logarithm of how many ways there are."""
    return lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)


def _binomial(hits: int, of: int, part: float) -> float:
    return exp(_choose(of, hits) + hits * log(part) + (of - hits) * log(1 - part))


def _log_rank(a: Curve, b: Curve) -> float:
    happened: dict[int, int] = {}
    for point in (*a.points, *b.points):
        if point.happened:
            happened[point.minutes] = happened.get(point.minutes, 0) + point.happened
    more, spread = float(a.happened), 0.0
    for minutes, done in happened.items():
        of_a = a.at_risk(minutes)
        of = of_a + b.at_risk(minutes)
        more -= done * of_a / of
        if of > 1:
            spread += done * (of_a / of) * (1 - of_a / of) * (of - done) / (of - 1)
    return _two_sided(more / sqrt(spread)) if spread > 0 else 1.0


def students(t: float, freedom: int) -> float:
    """How often chance makes at least this t either way: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = atan(abs(t) / sqrt(freedom))
    is_odd = freedom % 2
    term = cos(angle) if is_odd else 1.0
    total = 0.0
    for step in range(1 + is_odd, freedom, 2):
        total += term
        term *= cos(angle) ** 2 * step / (step + 1)
    inside = 2 / pi * (angle + sin(angle) * total) if is_odd else sin(angle) * total
    return max(0.0, 1 - inside)


def poisson_trend(counts: Iterable[int]) -> tuple[float, float]:
    """By how much counts rise with each step, and how likely chance alone makes that.

    Chance is the larger of two: that each count were only Poisson's (the score test for a linear trend, Armitage,
    Biometrics 11, 1955), and that of a least-squares slope among what is left over, because complaints come in bursts.
    """
    values = list(counts)
    n, total = len(values), sum(values)
    if n < 3 or not total:
        return 0.0, 1.0
    mean, centre, width = total / n, (n - 1) / 2, n * (n * n - 1) / 12
    slope = sum((step - centre) * value for step, value in enumerate(values)) / width
    by_poisson = _two_sided(slope * sqrt(width / mean))
    left = sum((value - mean - slope * (step - centre)) ** 2 for step, value in enumerate(values))
    if left <= 1e-9 * total:
        return slope, by_poisson
    return slope, max(by_poisson, students(slope * sqrt(width * (n - 2) / left), n - 2))
