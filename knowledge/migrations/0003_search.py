"""Entries as the search reads them, counts of their terms, and the full-text index by whichever engine there is."""

import django.db.models.deletion
from django.db import migrations, models

SQLITE = [
    # Letters of every script are letters to this tokenizer, also of those that are newer than the engine.
    """CREATE VIRTUAL TABLE knowledge_search_fts USING fts5(
        terms, content='knowledge_articleentry', content_rowid='id', tokenize="ascii tokenchars '^!=#~@'")""",
    """CREATE TRIGGER knowledge_search_added AFTER INSERT ON knowledge_articleentry BEGIN
        INSERT INTO knowledge_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
    """CREATE TRIGGER knowledge_search_removed AFTER DELETE ON knowledge_articleentry BEGIN
        INSERT INTO knowledge_search_fts(knowledge_search_fts, rowid, terms)
        VALUES ('delete', old.id, old.terms); END""",
    """CREATE TRIGGER knowledge_search_changed AFTER UPDATE OF terms ON knowledge_articleentry BEGIN
        INSERT INTO knowledge_search_fts(knowledge_search_fts, rowid, terms)
        VALUES ('delete', old.id, old.terms);
        INSERT INTO knowledge_search_fts(rowid, terms) VALUES (new.id, new.terms); END""",
]
# The planner is told that to make lexemes is dear, or it would now and then do it to every row. What is published is
# in the index at once, not in a list that every search walks. Terms are compared by their bytes, as beginnings are.
POSTGRESQL = [
    """CREATE FUNCTION knowledge_terms(terms text) RETURNS tsvector
        LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
        AS $$ BEGIN RETURN array_to_tsvector(string_to_array(terms, ' ')); END $$""",
    """CREATE INDEX knowledge_search ON knowledge_articleentry
        USING gin (knowledge_terms(terms)) WITH (fastupdate = off)""",
    """ALTER TABLE knowledge_articleterm ALTER COLUMN term TYPE varchar(80) COLLATE "C" """,
]


def create(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("people", "0004_api_keys"), ("knowledge", "0002_synonyms")]
    operations = [
        migrations.DeleteModel(name="ArticleEntry"),
        migrations.CreateModel(
            name="ArticleEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("locale", models.CharField(max_length=20)),
                ("is_public", models.BooleanField()),
                ("terms", models.TextField()),
                ("title", models.TextField()),
                ("head", models.TextField()),
                ("body", models.TextField()),
                ("plain", models.TextField()),
                ("length", models.PositiveIntegerField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="knowledge.article"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.store",
                    ),
                ),
                (
                    "text",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entry", to="knowledge.text"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ArticleTerm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_public", models.BooleanField()),
                ("term", models.CharField(max_length=80)),
                ("entries", models.IntegerField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.store",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="articleterm",
            constraint=models.UniqueConstraint(
                fields=("store", "term", "is_public"), name="term_once_per_store"
            ),
        ),
        migrations.RunPython(create, migrations.RunPython.noop, elidable=False),
    ]
