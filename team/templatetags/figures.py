"""The cells of the ranking: a page has hundreds, and as nodes of a template they took longer than all the rest."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from team.performance_views import Shown

register = template.Library()

NONE = mark_safe('<span class="faint">–</span>')


@register.simple_tag
def figure_cells(cells: Iterable["Shown"], minimum: int) -> SafeString:
    """Draw the numbers of a row, each a link to what is behind it; fewer than `minimum` cases give it a star."""
    return mark_safe("".join(_cell(cell, minimum) for cell in cells))


def _cell(cell: "Shown", minimum: int) -> SafeString:
    if not cell.text:
        return format_html('<td class="is-number" data-label="{}">{}</td>', cell.label, NONE)
    if not cell.is_sparse:
        return format_html(
            '<td class="is-number" data-label="{}"><a class="figure" href="{}">{}</a></td>',
            cell.label,
            cell.link,
            cell.text,
        )
    return format_html(
        '<td class="is-number" data-label="{}"><a class="figure is-sparse" href="{}" title="{title}">{}'
        '<span aria-hidden="true">*</span><span class="sr-only">{title}</span></a></td>',
        cell.label,
        cell.link,
        cell.text,
        title=_("Fewer than %(minimum)s cases") % {"minimum": minimum},
    )
