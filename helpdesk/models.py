"""The root keeps nothing of its own but what the demo's phone remembers."""

from helpdesk.demo.phone.models import PhoneFile, PhoneMessage

__all__ = ["PhoneFile", "PhoneMessage"]
