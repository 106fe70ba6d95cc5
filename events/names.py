"""The closed list of what can happen. A name not in here cannot be recorded."""

MESSAGE_CREATED = "message.created"
CONVERSATION_OPENED = "conversation.opened"
CONVERSATION_ASSIGNED = "conversation.assigned"
CONVERSATION_RESOLVED = "conversation.resolved"
CONVERSATION_REOPENED = "conversation.reopened"
CONVERSATION_SNOOZED = "conversation.snoozed"
CONVERSATION_WOKEN = "conversation.woken"
CONVERSATION_TAGGED = "conversation.tagged"
CONVERSATION_PRIORITY = "conversation.priority"
CONVERSATION_MOVED = "conversation.moved"  # to the buyer whom a signed identity proved
CONVERSATION_RATED = "conversation.rated"
BUYER_IDENTIFIED = "buyer.identified"
BUYER_UPDATED = "buyer.updated"
ORDER_SYNCED = "order.synced"
ACTION_REQUESTED = "order.action.requested"
ACTION_DONE = "order.action.done"
ACTION_FAILED = "order.action.failed"
ACTION_UNKNOWN = "order.action.unknown"
ACTION_TAKEN_BACK = "order.action.taken_back"
AGENT_LOGGED_IN = "agent.logged_in"
AGENT_LOGGED_OUT = "agent.logged_out"
AGENT_PRESENCE = "agent.presence"
AGENT_CREATED = "agent.created"
AGENT_CHANGED = (
    "agent.changed"  # role, teams, active, password: what changed is in the data, never the password
)
TEAM_CHANGED = "team.changed"
STORE_CHANGED = "store.changed"

NAMES = frozenset(value for key, value in globals().items() if key.isupper())
