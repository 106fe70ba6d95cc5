"""What can be found: an entry for each text that is live, written in the transaction that made it so."""

from helpdesk.lib.text import index_terms
from knowledge.markdown import to_text
from knowledge.models import Article, ArticleEntry, Text


def index_article(article: Article) -> None:
    """Bring the entries of an article up to what is live of it now. In the caller's transaction."""
    ArticleEntry.objects.filter(text__article=article).exclude(text__live__isnull=False).delete()
    if article.archived_at is not None:
        ArticleEntry.objects.filter(text__article=article).delete()
        return
    skus = [product.sku for product in article.products.all()]
    for text in article.texts.select_related("live").filter(live__isnull=False):
        ArticleEntry.objects.update_or_create(text=text, defaults=_entry(article, text, skus))


def _entry(article: Article, text: Text, skus: list[str]) -> dict[str, object]:
    live = text.live
    assert live is not None
    return {
        "store_id": article.store_id,
        "locale": text.locale,
        "is_public": article.audience == Article.Audience.PUBLIC,
        "head": index_terms(" ".join([live.title, *live.keywords, *skus])),
        "body": index_terms(to_text(live.body)),
    }
