"""The settings pages about people, a module a noun."""
