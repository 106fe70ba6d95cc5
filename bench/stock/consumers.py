from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from bench.stock.models import Message


class ChatConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.room = self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        message = await self.save(content)
        event = {
            "type": "chat.message",
            "id": message.pk,
            "client_id": content["client_id"],
            "body": message.body,
            "created_at": message.created_at.isoformat(),
        }
        await self.channel_layer.group_send(self.room, event)

    @database_sync_to_async
    def save(self, content: dict[str, Any]) -> Message:
        return Message.objects.create(room=self.room, client_id=content["client_id"], body=content["body"])

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send_json(event)
