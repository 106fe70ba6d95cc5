"""What everybody, or some teams, are to know: written once, shown on every page, and who has read it."""
