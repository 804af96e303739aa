"""Printed files of a view: an atlas as PDF, one sheet as a picture."""

import dataclasses
import threading

from geo_service.access.public import FullRecords, Records
from geo_service.balance import View
from geo_service.maps.situation import Situation
from geo_service.printing import atlas, paper
from geo_service.printing.atlas import Wish
from geo_service.printing.furniture import Imprint
from geo_service.printing.ground import Ground, turned
from geo_service.settings import Settings
from geo_service.situations import situation
from geo_service.store.log import Progress
from layers.coverage.arrangement import quiet
from layers.versions import as_moment

DRAWING = threading.Lock()
"""Matplotlib's rules hold for a whole process: whoever draws, draws alone."""


def ground_of(seen: View, settings: Settings, records: Records | None = None) -> Ground:
    """Return what is printed of a view: all of it, or as it is published.

    Raises:
        geo_service.printing.counting.Miscounted: what would be shown are not the hazards in force.
        geo_service.balance.Refused: there is nothing.
    """
    shown: Situation = situation(seen, settings, (records or FullRecords()).shown)
    return turned(shown, seen.snapshot.in_force("hazards", seen.as_of))


def pdf(
    seen: View, settings: Settings, wish: Wish, records: Records | None = None, progress: Progress = quiet
) -> bytes:
    """Return an atlas as PDF. The same view and wish give the same bytes."""
    ground = ground_of(seen, settings, records)
    wish = _noted(wish, records)
    revision = seen.snapshot.revision
    at = atlas.made_at(revision.recorded_at if revision else None, as_moment(seen.known_at))
    with DRAWING, paper.inked():
        return paper.pdf_of(atlas.pages(ground, wish, progress), atlas.about(ground, wish), at)


def png(seen: View, settings: Settings, wish: Wish, dpi: int, progress: Progress = quiet) -> bytes:
    """Return the first sheet of an atlas as a picture."""
    ground = ground_of(seen, settings)
    with DRAWING, paper.inked():
        sheet = atlas.planned(ground, wish)[0]
        imprint = Imprint(ground.situation, wish.named_edition(ground.situation.revision), 1, wish.notes)
        page, _ = atlas.map_page(ground, sheet, wish.paper, imprint, 1)
        progress(1, 1)
        return paper.png_of(page, dpi)


def _noted(wish: Wish, records: Records | None) -> Wish:
    notice = (records or FullRecords()).notice.strip()
    return dataclasses.replace(wish, notes=(*wish.notes, notice)) if notice else wish
