"""Folium's map as the pages of tiles begin with it: nothing on it yet, and handed to the modules that draw on it."""

from collections.abc import Sequence

from branca.element import MacroElement
from jinja2 import Template

from geo_service.maps.figure import PBF_JS, OfflineMap


class _Begin(MacroElement):
    """Hands Folium's map to the modules that draw on it."""

    _template = Template(
        "{% macro script(this, kwargs) %}window.clearway.map = {{ this._parent.get_name() }};{% endmacro %}"
    )


def tiled_map(box: Sequence[float], styles: Sequence[str]) -> OfflineMap:
    """Return a map that shows a box (west, south, east, north in degrees), with style sheets beside its own."""
    drawn = OfflineMap(
        scripts=("map.js", PBF_JS),
        styles=("map.css", *styles),
        tiles=None,
        control_scale=False,
        zoom_control=False,
        height="100%",
        zoom_snap=0.25,
        max_zoom=19,
    )
    west, south, east, north = map(float, box)
    drawn.fit_bounds([[south, west], [north, east]])
    drawn.add_child(_Begin())  # type: ignore[no-untyped-call]
    return drawn
