"""Static files for production: names carry a hash of the content, also inside ES modules' imports."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage that also rewrites `import … from "./x.js"`, by which our modules name each other.

    Django's own switch for this takes every file with it, and packages' bundles name modules that are not
    there; here it is our own folders. A module's hash depends on the hashes of what it imports, so rewriting
    is repeated once for every level of imports: five times, as Django has it, is too few.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *(
            (folder, HashedFilesMixin._js_module_import_aggregation_patterns[1])  # type: ignore[attr-defined]
            for folder in ("js/*.js", "widget/*.js")
        ),
    )
    max_post_process_passes = 20
