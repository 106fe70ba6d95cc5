"""The phone: the vendors of messages, played on this machine, so that every channel can be tried without an account."""
