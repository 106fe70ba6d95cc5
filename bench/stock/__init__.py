"""A textbook Channels project, as its tutorial writes it: one insert, then group_send."""
