"""Every address of /api/v1/."""

from django.urls import path, re_path

from helpdesk import api_docs
from inbox.api import (
    actions,
    buyers,
    channels,
    consents,
    conversations,
    events,
    profiles,
    reception,
    ways,
    words,
)
from knowledge.api import articles, texts
from orders import api as orders
from orders import ledger_api as orders_ledger
from orders import notes_api, returns_api
from orders import push_api as push
from orders import requests_api as requests
from orders import reviews_api as reviews
from orders.coupons import api as coupons
from people import api as people
from team import performance_api as performance
from team import privacy_api as privacy

ONE = "conversations/<uuid:conversation_id>/"
TEXT = "articles/<uuid:article_id>/texts/<str:locale>/"

urlpatterns = [
    path("me/", people.Me.as_view(), name="api-me"),
    path("agents/", people.Agents.as_view()),
    path("teams/", people.Teams.as_view()),
    path("stores/", people.Stores.as_view()),
    path("stores/<uuid:store_id>/routing/", reception.Routing.as_view()),
    path("stores/<uuid:store_id>/hours/", reception.Hours.as_view()),
    path("channels/", channels.Channels.as_view()),
    path("channels/<uuid:channel_id>/", channels.ChannelDetail.as_view()),
    path("channels/<uuid:channel_id>/test/", channels.TestChannel.as_view()),
    path("tags/", words.Tags.as_view()),
    path("canned/", words.CannedReplies.as_view()),
    path("attachments/", words.Attachments.as_view()),
    path("conversations/", conversations.Conversations.as_view()),
    path("conversations/counts/", conversations.ConversationCounts.as_view()),
    path(ONE, conversations.ConversationDetail.as_view()),
    path(ONE + "messages/", conversations.Messages.as_view()),
    path(ONE + "channels/", ways.Ways.as_view()),
    path(ONE + "channels/<uuid:channel_id>/templates/", ways.Templates.as_view()),
    path(ONE + "cards/", conversations.Cards.as_view()),
    path(ONE + "assign/", actions.Assign.as_view()),
    path(ONE + "resolve/", actions.Resolve.as_view()),
    path(ONE + "reopen/", actions.Reopen.as_view()),
    path(ONE + "snooze/", actions.Snooze.as_view()),
    path(ONE + "split-off/", actions.SplitOff.as_view()),
    path(ONE + "join-back/", actions.JoinBack.as_view()),
    path(ONE + "priority/", actions.Priority.as_view()),
    path(ONE + "tags/", actions.ChangeTags.as_view()),
    path(ONE + "read/", actions.Read.as_view()),
    path(ONE + "draft/", actions.SaveDraft.as_view()),
    path("messages/<uuid:message_id>/resend/", ways.Resend.as_view()),
    path("buyers/", buyers.Buyers.as_view()),
    path("buyers/<uuid:buyer_id>/", buyers.BuyerDetail.as_view()),
    path("buyers/<uuid:buyer_id>/profile/", profiles.Profile.as_view()),
    path("buyers/<uuid:buyer_id>/block/", profiles.Block.as_view()),
    path("buyers/<uuid:buyer_id>/merge/", profiles.Merge.as_view()),
    path("buyers/<uuid:buyer_id>/not-same/", consents.NotSamePerson.as_view()),
    path("buyers/<uuid:buyer_id>/consents/", consents.Consents.as_view()),
    path("merges/<uuid:merge_id>/split/", profiles.Split.as_view()),
    path("buyers/<uuid:buyer_id>/export/", privacy.Exports.as_view()),
    path("buyers/<uuid:buyer_id>/erase/", privacy.BuyerErasure.as_view()),
    path("buyers/<uuid:buyer_id>/orders/", orders.BuyerOrders.as_view()),
    path("orders/", push.Orders.as_view()),
    path("orders/<uuid:order_id>/", orders.OrderDetail.as_view()),
    path("orders/<uuid:order_id>/actions/", orders.OrderActions.as_view()),
    path("orders/<uuid:order_id>/actions/<uuid:action_id>/approve/", orders.ApproveAction.as_view()),
    path("orders/<uuid:order_id>/actions/<uuid:action_id>/reject/", orders.RejectAction.as_view()),
    path("orders/<uuid:order_id>/actions/<uuid:action_id>/settle/", orders.SettleAction.as_view()),
    path("orders/<uuid:order_id>/actions/<uuid:action_id>/undo/", orders.UndoAction.as_view()),
    path("orders/<uuid:order_id>/returns/<uuid:return_id>/received/", returns_api.ReturnReceived.as_view()),
    path("orders/<uuid:order_id>/notes/", notes_api.OrderNotes.as_view()),
    path("orders/<uuid:order_id>/notes/<uuid:note_id>/", notes_api.OrderNoteDetail.as_view()),
    path("reviews/", push.Reviews.as_view()),
    path("reviews/<uuid:review_id>/", reviews.ReviewDetail.as_view()),
    path("reviews/<uuid:review_id>/reply/", reviews.ReplyToReview.as_view()),
    path("reviews/<uuid:review_id>/hide/", reviews.HideReview.as_view()),
    path("reviews/<uuid:review_id>/show/", reviews.ShowReview.as_view()),
    path("actions/", orders_ledger.Actions.as_view()),
    path("requests/", requests.Requests.as_view()),
    path("requests/<uuid:request_id>/", requests.RequestDetail.as_view()),
    path("requests/<uuid:request_id>/accept/", requests.AcceptRequest.as_view()),
    path("requests/<uuid:request_id>/decline/", requests.DeclineRequest.as_view()),
    path("products/", push.Products.as_view()),
    path("coupons/", coupons.Coupons.as_view()),
    path("coupons/<uuid:coupon_id>/", coupons.CouponDetail.as_view()),
    path("coupons/<uuid:coupon_id>/codes/", coupons.Codes.as_view()),
    path("coupons/codes/<uuid:code_id>/", coupons.CodeDetail.as_view()),
    path("coupons/codes/<uuid:code_id>/approve/", coupons.ApproveCode.as_view()),
    path("coupons/codes/<uuid:code_id>/reject/", coupons.RejectCode.as_view()),
    path("coupons/codes/<uuid:code_id>/revoke/", coupons.RevokeCode.as_view()),
    path("coupons/<str:code>/redeem/", coupons.Redeem.as_view()),
    path("articles/", articles.Articles.as_view()),
    path("articles/categories/", articles.Categories.as_view()),
    path("articles/<uuid:article_id>/", articles.ArticleDetail.as_view()),
    path("articles/<uuid:article_id>/archive/", articles.ArchiveArticle.as_view()),
    path("articles/<uuid:article_id>/unarchive/", articles.UnarchiveArticle.as_view()),
    path(TEXT, texts.ArticleText.as_view()),
    path(TEXT + "publish/", texts.PublishText.as_view()),
    path(TEXT + "withdraw/", texts.WithdrawText.as_view()),
    path(TEXT + "versions/", texts.TextVersions.as_view()),
    path(TEXT + "restore/", texts.RestoreVersion.as_view()),
    path(TEXT + "reports/", texts.ReportText.as_view()),
    path("performance/agents/", performance.AgentPerformance.as_view()),
    path("search/", orders.Search.as_view()),
    path("events/", events.Events.as_view()),
    path("schema/", api_docs.Schema.as_view(), name="schema"),
    path("docs/", api_docs.docs, name="api-docs"),
    re_path("", api_docs.Missing.as_view()),
]
