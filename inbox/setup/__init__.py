"""Settings pages of what the inbox works with: stores, channels, tags, canned replies."""
