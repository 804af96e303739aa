"""An exported GeoPackage in a real QGIS: every layer opens with its style, and the map shows it."""

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from geo_service.balance import view
from geo_service.exports import writing
from geo_service.exports.content import content_of
from geo_service.exports.legend import SUFFIX, legend
from geo_service.rasters.ground import geotiff
from geo_service.store import open_store
from layers.definitions import LAYERS
from layers.rasters.states import colour_table, labels
from tests.geo_service.exports.cases import COUNTS, fill

LOOK = """
import json
import sys
sys.path.insert(0, "/usr/share/qgis/python")
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.core import QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsRasterLayer, QgsRectangle, QgsRenderContext, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found, shown = {}, {}
for name in sys.argv[2].split(","):
    # As a person who opens the file sees it: with the default style of the file.
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    assert layer.isValid(), (name, layer.error().message())
    renderer, counted = layer.renderer(), {}
    context = QgsRenderContext()
    renderer.startRender(context, layer.fields())
    for one in layer.getFeatures():
        context.expressionContext().setFeature(one)
        rules = renderer.rootRule().rulesForFeature(one, context) if renderer.type() == "RuleRenderer" else []
        # QGIS names the rule for what no other took beside the others; it draws with it only where it is alone.
        for rule in [rule for rule in rules if not rule.isElse()] or rules:
            counted[rule.label()] = counted.get(rule.label(), 0) + 1
    renderer.stopRender(context)
    found[name] = {
        "count": layer.featureCount(),
        "renderer": renderer.type(),
        "rules": [rule.label() for rule in renderer.rootRule().children()] if renderer.type() == "RuleRenderer" else [],
        "symbols": all(rule.symbol() for rule in renderer.rootRule().children()) if renderer.type() == "RuleRenderer" else False,
        "drawn": counted,
        "alias": [layer.attributeDisplayName(k) for k in range(layer.fields().count())],
        "labels": layer.labelsEnabled(),
    }
    shown[name] = layer
settings = QgsMapSettings()
settings.setLayers([shown[name] for name in ("incidents", "settlements", "roads", "hazards", "releases", "states")])
settings.setDestinationCrs(shown["hazards"].crs())
settings.setOutputSize(QSize(1000, 700))
settings.setBackgroundColor(QColor(255, 255, 255))
settings.setExtent(QgsRectangle(45.98, 38.98, 46.75, 39.62))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(sys.argv[3])
ground = QgsRasterLayer(sys.argv[4], "ground")
legend = {int(one.value): [one.label, one.color.name()] for one in ground.renderer().classes()}
print("FOUND" + json.dumps(found))
print("LEGEND" + json.dumps([ground.renderer().type(), legend, ground.htmlMetadata()]))
app.exitQgis()
"""


@pytest.mark.qgis
@pytest.mark.skipif(
    not Path("/usr/lib/python3/dist-packages/qgis").exists(),
    reason="QGIS is not installed: apt-get install python3-qgis qgis-providers",
)
def test_qgis_opens_every_layer_with_its_style(tmp_path):
    with open_store(tmp_path / "data", create=True) as log:
        service = fill(log).state.service
        seen = view(service.snapshots, service.settings, service.clock)
        content = content_of(seen, service.settings)
        out = tmp_path / "out.gpkg"
        counts = writing.write(out, "gpkg", content, lambda *_: None)
        hazards = content.in_force("hazards")
        painted = tmp_path / "ground.tif"
        painted.write_bytes(geotiff(seen, service.settings, 200).content)
        painted.with_name(painted.name + SUFFIX).write_bytes(legend(labels(), colour_table()))
    script = tmp_path / "look.py"
    script.write_text(LOOK)
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    done = subprocess.run(
        ["/usr/bin/python3", script, out, ",".join(counts), tmp_path / "map.png", painted],
        capture_output=True, text=True, check=False, timeout=200, env=environment,
    )  # fmt: skip
    assert "FOUND" in done.stdout, done.stdout + done.stderr
    found = json.loads(done.stdout.partition("FOUND")[2].splitlines()[0])
    assert {name: one["count"] for name, one in found.items()} == counts
    for name, one in found.items():
        assert one["renderer"] == "RuleRenderer", name
        assert one["symbols"], name
        assert sum(one["drawn"].values()) == counts[name], (name, one["drawn"])
        assert set(one["drawn"]) <= set(one["rules"])
    # Each hazard under the rule of its class and status, what was released apart.
    words = hazards["status"].str.replace("_", " ")
    expected = (hazards["classification"] + ", " + words).where(
        hazards["state"] != "released", "hazard whose ground was released"
    )
    assert found["hazards"]["drawn"] == expected.value_counts().to_dict()
    assert found["releases"]["drawn"]["cleared and handed over"] == 1
    assert found["releases"]["drawn"]["not in effect"] == 1
    assert "First recorded" in found["hazards"]["alias"]
    assert found["districts"]["labels"]
    assert COUNTS.items() <= counts.items()
    assert set(LAYERS) < set(counts)
    assert found["settlements"]["drawn"] == {"settlement": 1, "settlement drawn as an area": 1}
    # What the values of the raster of the ground mean: in its legend, and among what the file says of itself.
    renderer, shown, told = json.loads(done.stdout.partition("LEGEND")[2].splitlines()[0])
    assert renderer == "paletted"
    for value, label in labels().items():
        assert shown[str(value)] == [label, "#{:02x}{:02x}{:02x}".format(*colour_table()[value][:3])]
        assert f"VALUE_{value:02}" in told
    # Both classes are on the picture, red and amber, and nothing on it is green but what was handed over.
    picture = Image.open(tmp_path / "map.png").convert("RGB")
    colours = {colour: count for count, colour in picture.getcolors(1 << 20)}
    red = sum(count for (r, g, b), count in colours.items() if r > 220 and g < 110 and b < 110)
    amber = sum(count for (r, g, b), count in colours.items() if r > 220 and 150 < g < 215 and b < 140)
    green = sum(count for (r, g, b), count in colours.items() if g > max(r, b) + 20)
    assert min(red, amber) > 200, (red, amber)
    assert green < 100, green
