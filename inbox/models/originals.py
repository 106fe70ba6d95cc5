"""Messages as they came, where that is more than what the timeline says."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone

from inbox.models.messages import Message


def original_path(original: "Original", filename: str) -> str:
    """Where it is kept: by its message and a random part, as attachments are."""
    return f"originals/{original.message_id.hex[:4]}/{original.message_id.hex}-{secrets.token_hex(8)}"


class Original(models.Model):
    """A message as it came, byte for byte: an e-mail. What is shown of it is made from this when it is asked for."""

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="original"
    )
    file = models.FileField(upload_to=original_path, max_length=200)
    size = models.PositiveBigIntegerField()  # bytes
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["message"]

    def __str__(self) -> str:
        return f"{self.message_id}, {self.size} bytes"
