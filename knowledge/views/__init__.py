"""The pages of /knowledge/. Each opens an article among the agent's own: else 404."""
