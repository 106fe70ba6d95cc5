"""Jobs about buyers' data. A job is only a bell: its row says what there is to do, and the sweep rings again."""

from uuid import UUID

from celery import shared_task

from helpdesk.lib.jobs import enqueue
from team import erasing, exporting


@shared_task
def gather_export(export_id: str) -> None:
    exporting.gather(UUID(export_id))


@shared_task
def erase(erasure_id: str) -> None:
    erasing.run(UUID(erasure_id))


@shared_task
def sweep_personal_data() -> None:
    """Ring again for what was lost, and delete the files whose time is over."""
    for export_id in exporting.due_exports():
        enqueue(gather_export, str(export_id))
    for erasure_id in erasing.due_erasures():
        enqueue(erase, str(erasure_id))
    erasing.delete_left_files()
    exporting.discard_expired()
