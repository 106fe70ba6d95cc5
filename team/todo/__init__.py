"""Tasks: what agents give each other to do that outlives a chat."""
