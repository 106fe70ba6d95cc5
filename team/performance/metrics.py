"""What is shown of the counters: each metric is a count, a sum of money, or one counter divided by another.

A metric that is to come is a line here and two counters; pages, files and the API follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.money import display
from team.performance.counters import HISTOGRAMS, bin_names

MINIMUM_SAMPLE = 10  # cases: who has fewer has a number, but no place
Sums = Mapping[str, int]
Money = Mapping[str, Sums]  # by currency


@dataclass(frozen=True)
class Metric:
    """`top` is the counter that is shown, or divided by `under`. `spread`: the histogram and which part of it."""

    key: str
    label: str | Promise
    kind: str  # count, seconds, share, score, money
    top: str
    under: str = ""
    less_is_better: bool = False
    spread: tuple[str, float] | None = None
    once: str = ""  # the counter of which a sum over agents counts nothing twice
    is_ranked: bool = True

    @property
    def counters(self) -> tuple[str, ...]:
        """All that it is computed from."""
        bins = bin_names(self.spread[0]) if self.spread else ()
        return tuple(filter(None, (self.top, self.under, self.once, *bins)))

    @property
    def sample(self) -> str:
        """The counter of cases that it rests on."""
        return self.under or self.top

    def value(self, sums: Sums) -> float | None:
        """Return the number, None where there is nothing to compute it from (money: see `amounts`)."""
        if self.spread:
            return percentile(sums, *self.spread)
        if not self.under:
            return sums.get(self.top, 0)
        return sums.get(self.top, 0) / sums[self.under] if sums.get(self.under) else None

    def has_sample(self, sums: Sums) -> bool:
        return self.kind == "count" or sums.get(self.sample, 0) >= MINIMUM_SAMPLE

    def for_all(self) -> "Metric":
        """Return the metric of several agents together."""
        if not self.once:
            return self
        changed: dict[str, Any] = {"under": self.once} if self.under else {"top": self.once}
        return Metric(**{name: getattr(self, name) for name in self.__dataclass_fields__} | changed)


def percentile(sums: Sums, histogram: str, part: float) -> float | None:
    """Return the upper end of where that part of all ends; infinity: beyond the last end."""
    counts = [sums.get(name, 0) for name in bin_names(histogram)]
    wanted, seen = part * sum(counts), 0
    if wanted <= 0:
        return None
    for end, count in zip((*HISTOGRAMS[histogram], float("inf")), counts, strict=True):
        seen += count
        if seen >= wanted:
            return end
    return None


METRICS = {
    metric.key: metric
    for metric in (
        Metric("handled", gettext_lazy("Handled"), "count", "handled", once="taken"),
        Metric("first_reply", gettext_lazy("First reply, average"), "seconds", "first_s", "firsts", True),
        Metric(
            "first_reply_median",
            gettext_lazy("First reply, median"),
            "seconds",
            "first_s",
            "firsts",
            True,
            ("first", 0.5),
        ),
        Metric(
            "first_reply_p90",
            gettext_lazy("First reply, 9 of 10"),
            "seconds",
            "first_s",
            "firsts",
            True,
            ("first", 0.9),
        ),
        Metric("answered_in_30s", gettext_lazy("Within 30 s"), "share", "firsts_30", "firsts"),
        Metric(
            "targets_kept",
            gettext_lazy("Targets kept"),
            "share",
            "targets_kept",
            "targets",
            once="targets_all",
        ),
        Metric(
            "first_targets_kept",
            gettext_lazy("First-reply targets kept"),
            "share",
            "first_targets_kept",
            "first_targets",
            once="first_targets_all",
        ),
        Metric("reply", gettext_lazy("Reply, average"), "seconds", "reply_s", "replies", True),
        Metric(
            "reply_median",
            gettext_lazy("Reply, median"),
            "seconds",
            "reply_s",
            "replies",
            True,
            ("reply", 0.5),
        ),
        Metric("resolved", gettext_lazy("Resolved"), "count", "resolved"),
        Metric("resolution", gettext_lazy("Resolution, average"), "seconds", "resolve_s", "resolved", True),
        Metric(
            "resolution_median",
            gettext_lazy("Resolution, median"),
            "seconds",
            "resolve_s",
            "resolved",
            True,
            ("resolve", 0.5),
        ),
        Metric("reopened", gettext_lazy("Reopened"), "share", "reopened", "resolved", True),
        Metric("rating", gettext_lazy("Rating"), "score", "rating_sum", "ratings"),
        Metric("ratings", gettext_lazy("Ratings"), "count", "ratings"),
        Metric("rated_4_or_5", gettext_lazy("Rated 4 or 5"), "share", "ratings_good", "ratings"),
        Metric("messages", gettext_lazy("Messages sent"), "count", "messages"),
        Metric("refunds", gettext_lazy("Refunds"), "count", "refunds", is_ranked=False),
        Metric("refund_time", gettext_lazy("Refund, average"), "seconds", "refund_s", "refunds", True),
        Metric("refunded", gettext_lazy("Refunded"), "money", "refund_money", is_ranked=False),
        Metric("coupons", gettext_lazy("Coupons given"), "count", "coupons", is_ranked=False),
        Metric("coupon_value", gettext_lazy("Coupons used"), "money", "coupon_money", is_ranked=False),
        Metric("conversion", gettext_lazy("Conversion"), "share", "converted", "handled", once="taken"),
        Metric("orders_placed", gettext_lazy("Orders placed"), "count", "ordered"),
        Metric("orders_paid", gettext_lazy("Orders paid"), "count", "paid"),
        Metric("order_value", gettext_lazy("Paid after advice"), "money", "paid_money"),
        Metric("recovered", gettext_lazy("Recovered payments"), "count", "recovered"),
        Metric("recovered_value", gettext_lazy("Recovered"), "money", "recovered_money"),
    )
}
# The columns of a page: more than these at once nobody compares.
VIEWS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "service": (
        gettext_lazy("Service"),
        (
            "handled", "first_reply", "first_reply_median", "targets_kept", "reply", "rating", "rated_4_or_5",
            "reopened",
        ),
    ),
    "work": (
        gettext_lazy("Work"),
        (
            "handled", "messages", "resolved", "resolution", "resolution_median", "reply_median", "refunds",
            "refund_time",
        ),
    ),
    "sales": (
        gettext_lazy("Sales"),
        ("handled", "conversion", "orders_placed", "orders_paid", "order_value", "recovered", "recovered_value"),
    ),
    "given": (gettext_lazy("Given away"), ("refunds", "refunded", "coupons", "coupon_value")),
}  # fmt: skip


def shown(metric: Metric, sums: Sums, money: Money) -> str:
    """Return a number as people read it; empty where there is none."""
    if metric.kind == "money":
        return " · ".join(display(amount, currency) for currency, amount in amounts(metric, money).items())
    value = metric.value(sums)
    if value is None:
        return ""
    if metric.kind == "seconds":
        return _spread(metric, value) if metric.spread else duration(value)
    if metric.kind == "share":
        return f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.1%}"
    return f"{value:.2f}" if metric.kind == "score" else f"{value:,.0f}"


def _spread(metric: Metric, value: float) -> str:
    assert metric.spread
    if value == float("inf"):
        return f"> {duration(HISTOGRAMS[metric.spread[0]][-1])}"
    return f"≤ {duration(value)}"


def amounts(metric: Metric, money: Money) -> dict[str, int]:
    """Return a metric's money by currency: amounts of different ones are never added."""
    return {currency: sums[metric.top] for currency, sums in sorted(money.items()) if sums.get(metric.top)}


def duration(seconds: float) -> str:
    """Return seconds in the two largest units that say something."""
    left = round(seconds)
    if left < 60:
        return _("%(n)s s") % {"n": left}
    minutes, rest = divmod(left, 60)
    if minutes < 60:
        return (
            _("%(m)s min %(s)s s") % {"m": minutes, "s": rest}
            if rest and minutes < 10
            else _("%(m)s min") % {"m": minutes}
        )
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes} if minutes else _("%(h)s h") % {"h": hours}
    days, hours = divmod(hours, 24)
    return _("%(d)s d %(h)s h") % {"d": days, "h": hours} if hours else _("%(d)s d") % {"d": days}
