"""What the API takes and gives of articles."""

from typing import Any

from rest_framework import serializers

from helpdesk.lib.fields import Choice, Number, Text
from knowledge.checks import MAX_KEYWORDS, MAX_PRODUCTS, MAX_SKU, MAX_SLUG, MAX_TITLE
from knowledge.models import MAX_BODY, Article
from people.shapes import NamedSerializer, StoreRefSerializer

NO_TOPIC = ""
STATES = ["draft", "live", "changed", "archived"]
MAX_REVISION = 2**31 - 1


class CategoryRefSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField(), help_text="By language.")


class CategorySerializer(CategoryRefSerializer):
    store = StoreRefSerializer()
    abouts = serializers.DictField(child=serializers.CharField(), help_text="What is in it, by language.")


class TextRefSerializer(serializers.Serializer[Any]):
    locale = serializers.CharField(help_text="BCP 47 in small letters: en, zh-hans, fi.")
    title = serializers.CharField(help_text="Of the working copy.")
    revision = serializers.IntegerField(help_text="Of the working copy: send it back with a change.")
    edited_at = serializers.DateTimeField()
    edited_by = NamedSerializer(allow_null=True)
    version = serializers.IntegerField(
        allow_null=True, help_text="The number of what is live; null: a draft."
    )
    published_at = serializers.DateTimeField(allow_null=True)


class VersionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="CommonMark with tables.")
    keywords = serializers.ListField(child=serializers.CharField())
    author = NamedSerializer(allow_null=True)
    note = serializers.CharField(help_text="What changed, in the author's words.")
    published_at = serializers.DateTimeField()


class TextSerializer(TextRefSerializer):
    body = serializers.CharField(help_text="Of the working copy, in CommonMark with tables.")
    keywords = serializers.ListField(
        child=serializers.CharField(), help_text="Words by which it is found too."
    )
    has_changes = serializers.BooleanField(
        help_text="Whether the working copy says something else than `live`."
    )
    live = VersionSerializer(allow_null=True)


class ArticleSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = StoreRefSerializer()
    slug = serializers.CharField(help_text="Its address in the help centre.")
    category = CategoryRefSerializer(allow_null=True)
    audience = serializers.ChoiceField(Article.Audience.values)
    topic = serializers.ChoiceField(
        [NO_TOPIC, *Article.Topic.values], help_text="What of a product it tells."
    )
    products = serializers.ListField(child=serializers.CharField(), help_text="SKUs.")
    owner = NamedSerializer(allow_null=True)
    review_on = serializers.DateField(allow_null=True, help_text="When somebody has to look at it again.")
    archived_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    solved = serializers.IntegerField(help_text="How often it was used in an answer, or helped a reader.")
    missed = serializers.IntegerField(help_text="How often a reader said that it did not help.")
    texts = TextRefSerializer(many=True)


class HitSerializer(serializers.Serializer[Any]):
    locale = serializers.CharField()
    title = serializers.CharField()
    snippet = serializers.CharField(help_text="HTML: text, with what was found in <mark>.")


class FoundArticleSerializer(ArticleSerializer):
    hit = HitSerializer(allow_null=True, help_text="What `q` found of it; null without `q`.")


class ArticlePageSerializer(serializers.Serializer[Any]):
    results = FoundArticleSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class ArticleQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=10_000,
        trim_whitespace=False,
        help_text="Words, as somebody types them: the best first, at most 50, of what is published.",
    )
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    category = serializers.CharField(required=False, max_length=60, help_text="A key.")
    audience = serializers.ChoiceField(Article.Audience.values, required=False)
    topic = serializers.ChoiceField(Article.Topic.values, required=False)
    sku = serializers.CharField(required=False, max_length=MAX_SKU)
    locale = serializers.CharField(required=False, max_length=20, help_text="Written in this language.")
    state = serializers.ChoiceField(
        STATES, required=False, help_text="Of any of its languages. Without it: all that is not archived."
    )
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class Words(serializers.ListField):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str | dict):
            self.fail("not_a_list", input_type=type(data).__name__)
        return super().to_internal_value(data)


class TextInput(serializers.Serializer[Any]):
    title = Text(max_length=MAX_TITLE)
    body = Text(max_length=MAX_BODY, allow_blank=True, trim_whitespace=False, required=False, default="")
    keywords = Words(child=Text(max_length=60), max_length=MAX_KEYWORDS, required=False)


class ArticleChange(serializers.Serializer[Any]):
    slug = Text(max_length=MAX_SLUG, required=False)
    category = Text(max_length=60, required=False, allow_null=True, help_text="A key; null: none.")
    audience = Choice(Article.Audience.values, required=False)
    topic = Choice([NO_TOPIC, *Article.Topic.values], required=False, allow_blank=True)
    products = Words(
        child=Text(max_length=MAX_SKU), max_length=MAX_PRODUCTS, required=False, help_text="SKUs."
    )
    review_on = serializers.DateField(required=False, allow_null=True)


class ArticleInput(ArticleChange, TextInput):
    store = Text(max_length=40, help_text="A key.")
    locale = Text(max_length=20)


class TextChange(TextInput):
    revision = Number(
        min_value=0, max_value=MAX_REVISION, help_text="That you have read; 0 begins the language."
    )


class PublishInput(serializers.Serializer[Any]):
    revision = Number(min_value=1, max_value=MAX_REVISION, help_text="That you have read.")
    note = Text(max_length=200, required=False, allow_blank=True, default="")


class RestoreInput(serializers.Serializer[Any]):
    version = serializers.UUIDField()
    revision = Number(min_value=1, max_value=MAX_REVISION, help_text="That you have read.")


class ReportInput(serializers.Serializer[Any]):
    words = Text(max_length=1000, help_text="What is wrong with it.")
