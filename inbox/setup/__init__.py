"""Settings pages of what the inbox works with: stores, tags, canned replies."""
