"""A small demonstration, printed once, and pages as a reader sees them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import shapely

from geo_service.balance import view
from geo_service.clock import utc_now
from geo_service.demo import write
from geo_service.printing import atlas, files
from geo_service.printing.drawing import Window
from geo_service.printing.paper import Page
from geo_service.settings import settings_of
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from layers.coverage.arrangement import quiet
from tests.geo_service import commands

DPI = 130


@dataclass(frozen=True)
class Pressed:
    """A view, what was asked of it, and what came out."""

    seen: object
    settings: object
    ground: object
    wish: object
    plan: list
    pdf: bytes


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """A small demonstration; nobody writes into it."""
    folder = tmp_path_factory.mktemp("printed") / "demo"
    write(folder, seed=1, hazards=60, area_km2=900, progress=quiet)
    return folder


@pytest.fixture
def own_demo(demo_folder, tmp_path):
    """A copy of it to write into."""
    return Path(shutil.copytree(demo_folder, tmp_path / "demo"))


@pytest.fixture(scope="session")
def press():
    """Print a view of a store, and say what it was printed of."""

    def make(folder, wish, as_of=None):
        with open_store(folder) as log:
            settings = settings_of(log.settings())
            seen = view(Snapshots(log), settings, utc_now, as_of)
            ground = files.ground_of(seen, settings)
            return Pressed(seen, settings, ground, wish, atlas.planned(ground, wish), files.pdf(seen, settings, wish))

    return make


@pytest.fixture(scope="session")
def printed_demo(demo_folder, press):
    """The atlas of the demonstration by district, on A4."""
    return press(demo_folder, atlas.Wish())


@pytest.fixture(scope="session")
def clearway_here():
    """Run the command; answers what a finished process would."""

    return lambda *arguments: commands.in_process(arguments, {})


@pytest.fixture(scope="session")
def clearway_apart():
    """Run the command in a process of its own, with more in its environment; answers it, finished."""
    return lambda *arguments, **environment: commands.as_process(arguments, environment)


class Leaf:
    """A page of a PDF as a picture with its text."""

    def __init__(self, page):
        self.picture = np.asarray(page.render(scale=DPI / 72).to_pil().convert("RGB"), dtype=np.int64)
        self.text = " ".join(page.get_textpage().get_text_range().split())

    @property
    def grey(self):
        """Luminance as a printer without colours has it."""
        return self.picture @ np.array([0.299, 0.587, 0.114])

    def at(self, xy, reach=1):
        """The pixels (n, k, 3) around places in mm of the page."""
        column = np.round(xy[:, 0] / 25.4 * DPI).astype(int)
        row = np.round(self.picture.shape[0] - xy[:, 1] / 25.4 * DPI).astype(int)
        steps = np.arange(-reach, reach + 1)
        down, across = (one.ravel() for one in np.meshgrid(steps, steps))
        rows = np.clip(row[:, None] + down, 0, self.picture.shape[0] - 1)
        columns = np.clip(column[:, None] + across, 0, self.picture.shape[1] - 1)
        return self.picture[rows, columns]


@pytest.fixture(scope="session")
def leaves():
    """The pages of a PDF; `only` names those that are wanted, from 0."""

    def read(pdf, only=None):
        with pypdfium2.PdfDocument(pdf) as document:
            return [Leaf(document[k]) for k in (range(len(document)) if only is None else only)]

    return read


def places_on(sheet, paper, shapes):
    """A place in mm of the page on each shape's ground within the sheet; NaN where it has none there."""
    window = Window(Page(paper), sheet.ground, sheet.scale)
    inner = shapely.box(*sheet.ground).buffer(-sheet.scale / 1000)
    points = shapely.point_on_surface(shapely.intersection(shapely.make_valid(shapes), inner))
    found = np.full((len(shapes), 2), np.nan)
    there = ~shapely.is_empty(points)
    found[there] = window.on_paper(shapely.get_coordinates(points[there]))
    return found


@pytest.fixture(scope="session")
def spots_of():
    """Where shapes lie on the paper of a sheet."""
    return places_on
