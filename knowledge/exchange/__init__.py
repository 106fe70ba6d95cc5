"""Articles in and out: as a folder of Markdown files, or as a table (CSV)."""
