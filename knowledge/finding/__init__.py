"""How articles are found. `knowledge.search` and `knowledge.indexing` are the doors; nothing else comes in here."""
