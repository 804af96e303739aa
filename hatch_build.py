"""Wheel build hook: a wheel without the JavaScript of its maps must not come to be.

The vendored files are git-ignored, so hatchling leaves them out of a wheel in silence where they are missing.
"""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendoredFilesHook(BuildHookInterface[Any]):
    """Fails a real wheel when vendored files are missing; an editable install finds them in the tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Check before anything is built."""
        if version == "editable":
            return
        gone = _vendor_script(Path(self.root)).missing(Path(self.root))
        if gone:
            message = f"vendored files are missing ({', '.join(gone)}): run ./scripts/setup, then build again"
            raise FileNotFoundError(message)


def _vendor_script(root: Path) -> Any:
    spec = importlib.util.spec_from_file_location("vendor", root / "scripts" / "vendor.py")
    if spec is None or spec.loader is None:
        message = "scripts/vendor.py, which says what a wheel must hold, is missing"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
