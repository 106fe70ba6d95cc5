"""Every address of /api/v1/."""

from django.urls import path, re_path

from helpdesk import api_docs
from inbox.api import actions, buyers, conversations, events, words
from orders import api as orders
from people import api as people

ONE = "conversations/<uuid:conversation_id>/"

urlpatterns = [
    path("me/", people.Me.as_view(), name="api-me"),
    path("agents/", people.Agents.as_view()),
    path("teams/", people.Teams.as_view()),
    path("stores/", people.Stores.as_view()),
    path("channels/", words.Channels.as_view()),
    path("tags/", words.Tags.as_view()),
    path("canned/", words.CannedReplies.as_view()),
    path("attachments/", words.Attachments.as_view()),
    path("conversations/", conversations.Conversations.as_view()),
    path("conversations/counts/", conversations.ConversationCounts.as_view()),
    path(ONE, conversations.ConversationDetail.as_view()),
    path(ONE + "messages/", conversations.Messages.as_view()),
    path(ONE + "cards/", conversations.Cards.as_view()),
    path(ONE + "assign/", actions.Assign.as_view()),
    path(ONE + "resolve/", actions.Resolve.as_view()),
    path(ONE + "reopen/", actions.Reopen.as_view()),
    path(ONE + "snooze/", actions.Snooze.as_view()),
    path(ONE + "priority/", actions.Priority.as_view()),
    path(ONE + "tags/", actions.ChangeTags.as_view()),
    path(ONE + "read/", actions.Read.as_view()),
    path(ONE + "draft/", actions.SaveDraft.as_view()),
    path("buyers/", buyers.Buyers.as_view()),
    path("buyers/<uuid:buyer_id>/", buyers.BuyerDetail.as_view()),
    path("buyers/<uuid:buyer_id>/orders/", orders.BuyerOrders.as_view()),
    path("orders/", orders.Orders.as_view()),
    path("orders/<uuid:order_id>/", orders.OrderDetail.as_view()),
    path("orders/<uuid:order_id>/actions/", orders.OrderActions.as_view()),
    path("orders/<uuid:order_id>/actions/<uuid:action_id>/undo/", orders.UndoAction.as_view()),
    path("products/", orders.Products.as_view()),
    path("search/", orders.Search.as_view()),
    path("events/", events.Events.as_view()),
    path("schema/", api_docs.Schema.as_view(), name="schema"),
    path("docs/", api_docs.docs, name="api-docs"),
    re_path("", api_docs.Missing.as_view()),
]
