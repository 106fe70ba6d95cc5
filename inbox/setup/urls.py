"""/settings/ so far as it is about what the inbox works with."""

from django.urls import path

from inbox.setup import channels, failover, hours, ratings, routing, stores, targets, words

app_name = "setup"

CHANNEL = "channels/<uuid:channel_id>/"

urlpatterns = [
    path("stores/", stores.stores, name="stores"),
    path("stores/new/", stores.new_store, name="store-new"),
    path("stores/<uuid:store_id>/", stores.store, name="store"),
    path("stores/<uuid:store_id>/secret/", stores.rotate_secret, name="store-secret"),
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.new_channel, name="channel-new"),
    path(CHANNEL, channels.channel, name="channel"),
    path(CHANNEL + "test/", channels.test, name="channel-test"),
    path(CHANNEL + "connect/", channels.connect, name="channel-connect"),
    path(CHANNEL + "switch/", channels.switch, name="channel-switch"),
    path(CHANNEL + "try/", channels.try_now, name="channel-try"),
    path(CHANNEL + "delete/", channels.delete, name="channel-delete"),
    path(CHANNEL + "payloads/<int:payload_id>/", channels.payload, name="channel-payload"),
    path(CHANNEL + "payloads/<int:payload_id>/again/", channels.read_again, name="channel-payload-again"),
    path("failover/", failover.failover, name="failover"),
    path("routing/", routing.routing, name="routing"),
    path("hours/", hours.hours, name="hours"),
    path("targets/", targets.targets, name="targets"),
    path("ratings/", ratings.ratings, name="ratings"),
    path("tags/", words.tags, name="tags"),
    path("tags/new/", words.new_tag, name="tag-new"),
    path("tags/<uuid:tag_id>/", words.edit_tag, name="tag-edit"),
    path("tags/<uuid:tag_id>/delete/", words.delete_tag, name="tag-delete"),
    path("canned/", words.canned, name="canned"),
    path("canned/new/", words.new_canned, name="canned-new"),
    path("canned/<uuid:reply_id>/", words.edit_canned, name="canned-edit"),
    path("canned/<uuid:reply_id>/delete/", words.delete_canned, name="canned-delete"),
]
