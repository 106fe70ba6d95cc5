"""The composition root: settings, URLs, ASGI, jobs. Imported by no app."""

from helpdesk.celery import app as celery_app

__all__ = ["celery_app"]
