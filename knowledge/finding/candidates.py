"""Which entries are ranked: a few hundred at most, whatever is asked, the likeliest ones first.

The database's engine knows terms and no ranking, so it is asked again and again, each time for less: the whole title,
everything in the head, everything anywhere, most of it. What comes from it is bounded each time.
"""

from collections.abc import Collection, Iterable
from itertools import combinations, islice
from uuid import UUID

from django.db import connection

from knowledge.finding import lexemes as marks
from knowledge.finding.asked import Asked, Group

ENOUGH = 60  # entries: then nothing less likely is looked for
MOST = 120
_EACH = 60  # of one way to look
_RAREST = 5  # groups that are looked for by two

Look = tuple[str, int]  # an expression of the engine, and how many entries it may bring


def find(asked: Asked, *, stores: Collection[UUID], public: bool, skus: Collection[str]) -> dict[int, bool]:
    """Return ids of entries of the stores that may answer, and whether the question is the whole title of each."""
    if not stores or not (asked.groups or asked.codes or asked.whole):
        return {}
    within = _any(_quoted(marks.store_mark(store, public=public)) for store in sorted(stores))
    found: dict[int, bool] = {}
    tight = _tight(asked, skus)
    for looks in (tight, _loose(asked)):
        if looks and len(found) < ENOUGH:
            for pk, number in _look([(_all([within, each]), most) for each, most in looks]):
                found.setdefault(pk, bool(asked.whole) and looks is tight and number == 0)
    return dict(islice(found.items(), MOST))


def _tight(asked: Asked, skus: Collection[str]) -> list[Look]:
    """Return where everything that was asked for is; the title first, if it may be one."""
    looks: list[Look] = []
    if asked.whole:
        looks.append((_quoted(marks.WHOLE + asked.whole), _EACH // 2))
    if asked.codes:
        looks.append((_any(map(_quoted, asked.codes)), _EACH // 2))
    groups = asked.groups
    if not groups:
        return looks
    if skus:
        products = _any(_quoted(marks.SKU + sku) for sku in sorted(skus))
        looks.append((_all([products, _any(map(_anywhere, groups))]), _EACH))
    if len(groups) <= 2:
        looks.append((_all(_marked(group, marks.SHORT) for group in groups), _EACH))
    looks.append((_all(_marked(group, marks.HEAD) for group in groups), _EACH))
    looks.append((_all(map(_anywhere, groups)), _EACH))
    return looks


def _loose(asked: Asked) -> list[Look]:
    """Return where most of it is, or at least what is rare of it."""
    rare = sorted(asked.groups, key=lambda group: -group.weight)[:_RAREST]
    looks: list[Look] = []
    if len(rare) < 2:
        return looks
    if len(rare) > 2:
        pairs = list(combinations(rare, 2))
        looks.append((_any(_all([_marked(a, marks.HEAD), _marked(b, marks.HEAD)]) for a, b in pairs), _EACH))
        if len(rare) > 3:
            looks.append((_any(_all(map(_anywhere, three)) for three in combinations(rare, 3)), _EACH))
        looks.append((_any(_all([_anywhere(a), _anywhere(b)]) for a, b in pairs), _EACH))
    looks += [(_marked(group, marks.HEAD), _EACH // 2) for group in rare[:3]]
    looks += [(_anywhere(group), _EACH // 2) for group in rare[:3]]
    return looks


# -- Expressions, as PostgreSQL and FTS5 write them


def _quoted(term: str) -> str:
    if connection.vendor == "postgresql":
        return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
    return '"' + term.replace('"', '""') + '"'


def _all(parts: Iterable[str]) -> str:
    return "(" + (" & " if connection.vendor == "postgresql" else " AND ").join(dict.fromkeys(parts)) + ")"


def _any(parts: Iterable[str]) -> str:
    return "(" + (" | " if connection.vendor == "postgresql" else " OR ").join(dict.fromkeys(parts)) + ")"


def _anywhere(group: Group) -> str:
    return _any(_all(map(_quoted, variant.lexemes)) for variant in group.variants)


def _marked(group: Group, mark: str) -> str:
    return _any(
        _all(_quoted(term if term[0] in marks.MARKS else mark + term) for term in variant.lexemes)
        for variant in group.variants
    )


def _look(looks: list[Look]) -> list[tuple[int, int]]:
    """Return what each of them brings, in their order: (id, number of the look)."""
    if connection.vendor == "postgresql":
        one = (
            "(SELECT id, %s FROM knowledge_articleentry WHERE knowledge_terms(terms) @@ %s::tsquery LIMIT %s)"
        )
    else:
        one = "SELECT * FROM (SELECT rowid, %s FROM knowledge_search_fts WHERE knowledge_search_fts MATCH %s LIMIT %s)"
    params = [value for number, (each, most) in enumerate(looks) for value in (number, each, most)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(looks)), params)
        return list(cursor.fetchall())
