"""What is counted. Whole numbers that add up, so that days, agents and stores do; averages are made when they are read.

A metric that is to come adds its counters here and columns by a migration, its rule to rules.py and its line to
metrics.py.
"""

from bisect import bisect_left

NUMBERS = (
    "taken",  # conversations in which the agent was the first to write: each conversation is one agent's
    "handled",  # conversations in which the agent wrote: one may be several agents'
    "messages",
    "firsts", "first_s", "firsts_30",  # first replies, their seconds, those within 30 of them
    "replies", "reply_s",
    "resolved", "resolve_s", "reopened",
    "ratings", "rating_sum", "ratings_good",
    "refunds", "refund_s",
    "coupons",
    "ordered", "paid", "converted",  # orders placed and paid after advice; conversations that led to a paid one
    "recovered",  # payments
    # Replies that had a target, those that kept it, and all: with those missed before it was anybody's.
    "targets", "targets_kept", "targets_all",
    "first_targets", "first_targets_kept", "first_targets_all",  # the same of first replies
)  # fmt: skip
# Minor units: they stand in rows of their currency, everything else in rows of none.
MONEY = ("refund_money", "coupon_money", "paid_money", "recovered_money")
COUNTERS = (*NUMBERS, *MONEY)

# Upper ends in seconds; what is longer falls into one more. Days keep how many times fell where, for percentiles.
REPLY_ENDS = (15, 30, 60, 120, 300, 600, 1800, 3600, 14_400)
RESOLVE_ENDS = (300, 900, 1800, 3600, 14_400, 28_800, 86_400, 259_200, 604_800)
HISTOGRAMS = {"first": REPLY_ENDS, "reply": REPLY_ENDS, "resolve": RESOLVE_ENDS}


def bin_names(histogram: str) -> tuple[str, ...]:
    return tuple(f"{histogram}_h{n}" for n in range(len(HISTOGRAMS[histogram]) + 1))


BINS = tuple(name for histogram in HISTOGRAMS for name in bin_names(histogram))
OF_A_DAY = (*COUNTERS, *BINS)


def bin_of(histogram: str, seconds: int) -> str:
    return f"{histogram}_h{bisect_left(HISTOGRAMS[histogram], seconds)}"
