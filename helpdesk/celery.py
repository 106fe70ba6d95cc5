"""The Celery application. Every task finds its work in rows; beat sweeps what a lost job left behind."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "people",
        "inbox",
        "orders",
        "orders.coupons",
        "orders.reviews",
        "knowledge",
        "team",
        "team.announcing",
        "team.performance",
        "team.todo",
    ]
)
