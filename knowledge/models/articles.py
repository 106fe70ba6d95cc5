"""What a store knows: articles in categories, each in one or more languages, with every version that was public."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from people.models import Agent, Store

MAX_BODY = 200_000  # characters: a long book chapter; what is longer is several articles


class Category(models.Model):
    """A shelf of a store's articles. `names` and `abouts` are texts by locale; the store's own is always there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    key = models.SlugField(_("key"), max_length=60)  # public: stands in addresses and files
    names = models.JSONField(default=dict)
    abouts = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering: ClassVar = ["position", "key"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "key"], name="category_key_once")]

    def __str__(self) -> str:
        return self.key


class Article(models.Model):
    """What is known about one thing, whatever language it is told in (`Text`)."""

    class Audience(models.TextChoices):
        INTERNAL = "internal", _("Internal")  # agents only, whatever else is said about it
        PUBLIC = "public", _("Public")

    class Topic(models.TextChoices):
        """What of a product it tells; empty for what is not about products."""

        SELLING_POINTS = "selling_points", _("Selling points")
        SIZES = "sizes", _("Sizes")
        MATERIALS = "materials", _("Materials")
        CARE = "care", _("Care")
        PARTS = "parts", _("Compatible parts")
        QUESTIONS = "questions", _("Common questions")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="articles")
    slug = models.SlugField(_("slug"), max_length=100)  # public: stands in addresses and files
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="articles"
    )
    audience = models.CharField(_("audience"), max_length=8, choices=Audience, default=Audience.INTERNAL)
    topic = models.CharField(_("topic"), max_length=14, choices=Topic, blank=True)
    owner = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    review_on = models.DateField(_("review on"), null=True, blank=True)  # in the store's time zone
    archived_at = models.DateTimeField(null=True, blank=True)  # nobody finds it; its address is 404
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Kept beside the votes and the used suggestions they count: ranking reads them with every search.
    solved_count = models.PositiveIntegerField(default=0, editable=False)  # used in an answer, or "did help"
    missed_count = models.PositiveIntegerField(default=0, editable=False)  # "did not help"

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "slug"], name="article_slug_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["review_on"], name="article_to_review", condition=Q(review_on__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ArticleProduct(models.Model):
    """An article is about a product. By its SKU: products belong to another room, and come and go there."""

    id = models.BigAutoField(primary_key=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="products")
    sku = models.CharField(max_length=40)

    class Meta:
        ordering: ClassVar = ["sku"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "sku"], name="article_sku_once")]
        indexes: ClassVar = [models.Index(fields=["sku"], name="article_by_sku")]

    def __str__(self) -> str:
        return self.sku


class Version(models.Model):
    """A text as it was published. Never changed: what a buyer was told can be looked up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.ForeignKey("Text", on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    keywords = models.JSONField(default=list, blank=True)
    author = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)  # what changed, in the author's words
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["text", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class Text(models.Model):
    """An article in one language: the working copy, and which version of it is live (None: a draft)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts")
    locale = models.CharField(_("language"), max_length=20)  # BCP 47, lower case: en, zh-hans, fi
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)  # CommonMark with tables
    keywords = models.JSONField(_("keywords"), default=list, blank=True)  # words by which it is found too
    revision = models.PositiveIntegerField(default=1)  # of the working copy: who saves says which they read
    edited_by = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)
    live = models.OneToOneField(Version, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["locale"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "locale"], name="text_once_per_locale")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def has_changes(self) -> bool:
        """Whether the working copy says something else than what is live. (Load it with its `live`.)"""
        live = self.live
        return live is None or (self.title, self.body, self.keywords) != (
            live.title,
            live.body,
            live.keywords,
        )
