"""Names of what a socket can listen to. Agents' and buyers' topics never share a prefix."""

from uuid import UUID


def conversation(conversation_id: UUID | str) -> str:
    """Everything in a conversation, private notes too: agents only."""
    return f"conversation.{conversation_id}"


def visitor(conversation_id: UUID | str) -> str:
    """What the buyer of a conversation may see."""
    return f"public.{conversation_id}"


def buyer(buyer_id: UUID | str) -> str:
    """What concerns one buyer outside a conversation: it was opened, they were identified."""
    return f"buyer.{buyer_id}"


def store(store_id: UUID | str) -> str:
    """Summaries for the inbox of every agent who serves the store."""
    return f"store.{store_id}"


def agent(agent_id: UUID | str) -> str:
    """What one agent alone is told."""
    return f"agent.{agent_id}"


def session(key_digest: str) -> str:
    """One log-in or one visitor session: it hears when it has ended."""
    return f"session.{key_digest}"


def key(key_id: UUID | str) -> str:
    """One key of the API: what was opened with it hears when it is revoked."""
    return f"key.{key_id}"


def widgets(store_id: UUID | str) -> str:
    """Every open widget of a store: whether somebody is there."""
    return f"widgets.{store_id}"


AGENTS = "agents"  # every console: who is there
