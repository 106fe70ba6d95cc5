"""The full-text index over SearchEntry.terms, by whichever engine the database has."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE inbox_search_fts USING fts5(
        terms, content='inbox_searchentry', content_rowid='id', tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER inbox_search_added AFTER INSERT ON inbox_searchentry BEGIN
        INSERT INTO inbox_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
    """CREATE TRIGGER inbox_search_removed AFTER DELETE ON inbox_searchentry BEGIN
        INSERT INTO inbox_search_fts(inbox_search_fts, rowid, terms) VALUES ('delete', old.id, old.terms); END""",
    """CREATE TRIGGER inbox_search_changed AFTER UPDATE OF terms ON inbox_searchentry BEGIN
        INSERT INTO inbox_search_fts(inbox_search_fts, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO inbox_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
]
# Lexemes are made from the terms as they are: PostgreSQL's parser would make its own of Chinese. The planner
# knows nothing of what that costs, and would rather do it to every row than ask an index; so it is told.
POSTGRESQL = [
    """CREATE FUNCTION inbox_terms(terms text) RETURNS tsvector
        LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10
        AS $$ BEGIN RETURN array_to_tsvector(string_to_array(terms, ' ')); END $$""",
    """CREATE INDEX inbox_search_messages ON inbox_searchentry
        USING gin (inbox_terms(terms)) WHERE message_id IS NOT NULL""",
    """CREATE INDEX inbox_search_buyers ON inbox_searchentry
        USING gin (inbox_terms(terms)) WHERE buyer_id IS NOT NULL""",
]


def create(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop, elidable=False)]
