"""The reference solver of quadratic equations: the steps that a person writes down, by their names."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, isqrt, lcm

from zeroloop.tasks import _surds as surds
from zeroloop.tasks._rationals import over_one_denominator, sum_of, term

LARGEST_NUMERATOR, LARGEST_DENOMINATOR, LARGEST_CHOICE, MOST_STEPS = 9_999, 999, 24, 20
"""What the rules allow (zeroloop/envs/quadratic.py): the reference names no steps beyond it."""


class Plan:
    """The steps to all solutions of left = right, given as coefficients of x^2, x and 1: by factoring where the roots
    are rational, otherwise by completing the square.

    steps: by name. usable: the rules allow all numbers on the way, and so many steps. nodes: splits tried, and steps.
    """

    def __init__(self, left: Sequence[Fraction], right: Sequence[Fraction]) -> None:
        self.steps: list[str] = []
        self.tried = 0
        self.fits = True
        self.equation(left, right)

    @property
    def usable(self) -> bool:
        """Whether the environment can do it."""
        return self.fits and len(self.steps) <= MOST_STEPS

    @property
    def nodes(self) -> int:
        """States that were looked at."""
        return self.tried + len(self.steps)

    def equation(self, left: Sequence[Fraction], right: Sequence[Fraction]) -> None:
        """Everything to the left, in small integers."""
        terms = list(left)
        for at, name in enumerate(("x^2", "x", "")):
            if right[at]:
                self.add(-right[at], name)
                terms[at] -= right[at]
        (a, b, c), den = over_one_denominator(terms)
        if den > 1:
            self.steps.append(f"multiply both sides by {den}")
        self.within(a, b, c)
        for p in (2, 3, 5, 7):
            while gcd(a, b, c) % p == 0:
                self.steps.append(f"divide both sides by {p}")
                a, b, c = a // p, b // p, c // p
        if a < 0:
            self.steps.append("multiply both sides by -1")
            a, b, c = -a, -b, -c
        discriminant = b * b - 4 * a * c
        if discriminant == 0 and isqrt(a) ** 2 == a:
            self.steps += ["write as a square"] * (a > 1 or b != 0) + ["take the root of zero"]
            self.line(isqrt(a), b // (2 * isqrt(a)))
        elif c == 0 and b:
            self.steps += ["take out x", "set each factor to zero"]
            self.line(a, b)
        elif b == 0 or (split := self.split(a, b, c)) is None:
            self.square(a, b, c)
        else:
            self.group(a, c, *split)

    def split(self, a: int, b: int, c: int) -> tuple[int, int] | None:
        """p + q = b with p q = a c, |p| <= |q|, and factors small enough."""
        for size in range(1, min(isqrt(abs(a * c)), LARGEST_CHOICE) + 1):
            for p in (-size, size):
                self.tried += 1
                q = b - p
                if p * q == a * c and size <= abs(q) and max(gcd(a, p), gcd(q, c)) <= LARGEST_CHOICE:
                    return p, q
        return None

    def group(self, a: int, c: int, p: int, q: int) -> None:
        """a x^2 + p x + q x + c as k x (m x + n) + l (m x + n)."""
        k = gcd(a, p)
        m, n = a // k, p // k
        factor = q // m
        self.steps.append(f"split {term(p + q, 'x')} into {sum_of((term(p, 'x'), term(q, 'x')))}")
        self.steps.append(f"take {term(k, 'x')} out of the first pair")
        self.steps.append(f"take {factor} out of the second pair")
        self.steps.append(f"factor out {sum_of((term(m, 'x'), term(n, '')))}")
        self.steps.append("set each factor to zero")
        self.line(k, factor)
        if (k, factor) != (m, n):
            self.line(m, n)

    def square(self, a: int, b: int, c: int) -> None:
        """a x^2 + b x = -c as a square."""
        h, k = Fraction(b, 2 * a), Fraction(-c, a)
        if c:
            self.add(Fraction(-c), "")
        if a != 1:
            self.steps.append(f"divide both sides by {a}")
        if h:
            self.add(h * h, "")
        common = lcm(h.denominator**2, k.denominator)
        self.within(common, 2 * h * common, h * h * common, k * common, (h * h + k) * common, Fraction(1, common))
        self.steps += ["write as a square"] * bool(h)
        value = h * h + k
        if value < 0:
            self.steps.append("see that no square is negative")
            return
        self.steps.append("take square roots" if value else "take the root of zero")
        inside = self.root(value) if value else 0
        if h:
            self.add(-h, "")
        if value:
            self.steps.append("write both cases")
        self.within(inside)

    def root(self, value: Fraction) -> int:
        """sqrt(value) without squares and fractions; what is left under it."""
        top, bottom = value.numerator, value.denominator
        if bottom > 1:
            outside, inside = surds.extracted(bottom)
            if inside == 1:
                self.steps.append(f"take 1/{outside} out of the root")
            else:
                self.steps.append(f"rationalise the root by 1/{bottom}")
                top *= bottom
        self.within(top)
        outside, inside = surds.extracted(top)
        if outside > 1:
            self.steps.append(f"take {outside} out of the root")
        return inside

    def line(self, m: int, h: int) -> None:
        """m x + h = 0."""
        if h:
            self.add(Fraction(-h), "")
        if m != 1:
            self.steps.append(f"divide both sides by {m}")

    def add(self, number: Fraction, name: str) -> None:
        """A term on both sides."""
        self.within(number)
        size = term(abs(number), name)
        self.steps.append(f"subtract {size} from both sides" if number < 0 else f"add {size} to both sides")

    def within(self, *numbers: int | Fraction) -> None:
        """Note whether numbers are in range."""
        for number in numbers:
            if abs(number.numerator) > LARGEST_NUMERATOR or number.denominator > LARGEST_DENOMINATOR:
                self.fits = False
