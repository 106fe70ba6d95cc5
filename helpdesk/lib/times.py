"""Times as they leave the desk."""

from datetime import UTC, datetime


def iso(moment: datetime | None) -> str | None:
    """Return ISO 8601 UTC with milliseconds and a Z, or None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
