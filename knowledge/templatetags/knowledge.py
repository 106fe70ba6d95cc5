"""How templates write what articles hold."""

from django import template
from django.utils import translation

from knowledge import locales
from knowledge.models import Category

register = template.Library()


@register.filter
def language_name(locale: str) -> str:
    """Write a language as its speakers do: "zh-hans" is 简体中文."""
    return locales.NAMES.get(locale, locale)


@register.filter
def category_name(category: Category | None) -> str:
    """Write what a category is called in the reader's language."""
    if category is None:
        return ""
    locale = locales.best(translation.get_language() or "", category.names, category.store.language)
    return category.names.get(locale) or category.key
