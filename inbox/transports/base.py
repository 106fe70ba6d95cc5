"""What a transport says of itself."""

from typing import ClassVar

from django.utils.functional import Promise


class Transport:
    """One kind of channel: `kind` is stored with channels and messages, `label` is shown to people.

    `first_state` is the state of a delivery when its message is committed: "queued" where a worker has still
    to hand the message to a provider, "sent" where the commit itself is the hand-over.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    first_state: ClassVar[str] = "queued"
