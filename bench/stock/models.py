from django.db import models


class Message(models.Model):
    room = models.CharField(max_length=50, db_index=True)
    client_id = models.UUIDField(unique=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "stock"

    def __str__(self) -> str:
        return self.body[:50]
