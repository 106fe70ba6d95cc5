"""Since when a buyer waits for an answer, where the answer is none that is written."""

from uuid import UUID

from django.utils import timezone

from inbox.access import with_summary_relations
from inbox.models import Conversation, Message
from inbox.services import timeline
from inbox.services.timeline import Batch


def answered(*, message_id: UUID) -> None:
    """Take a buyer's message as answered, by what was done about it; in the caller's transaction.

    Who wrote something before it waits for that still, and who wrote something since from then on.
    """
    message = Message.objects.filter(pk=message_id, author_kind="buyer").first()
    if message is None:
        return
    rows = with_summary_relations(Conversation.objects.filter(pk=message.conversation_id))
    conversation = rows.select_for_update(of=("self",)).get()
    if conversation.waiting_since is None:
        return
    unanswered = Message.objects.filter(
        conversation=conversation, author_kind="buyer", created_at__gte=conversation.waiting_since
    )
    if unanswered.filter(seq__lt=message.seq).exists():
        return
    later = unanswered.filter(seq__gt=message.seq).order_by("seq")
    kind, batch = conversation.reply_kind, Batch(changed={conversation.id: conversation})
    timeline.end_wait(conversation, batch, timezone.now())
    conversation.waiting_since = later.values_list("created_at", flat=True).first()
    conversation.reply_kind = kind if conversation.waiting_since else ""
    timeline.write(batch)
