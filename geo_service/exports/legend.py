"""The legend of a raster of categories: the file beside it in which GDAL and QGIS look for what its values mean.

A GeoTIFF has room for colours and for texts, but for no names of its values that programs know to be such. GDAL reads
those from `NAME.tif.aux.xml`, its own format for what a raster can't hold (Persistent Auxiliary Metadata): category
names, which a legend shows, and a raster attribute table, by which rows are told and colours chosen.
"""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

SUFFIX = ".aux.xml"
"""What is put behind the name of the raster."""

Colour = tuple[int, int, int, int]

_INTEGER, _TEXT = 0, 2
_COLUMNS = (
    *(("Value", _INTEGER, 5), ("Class", _TEXT, 2)),
    *(("Red", _INTEGER, 6), ("Green", _INTEGER, 7), ("Blue", _INTEGER, 8), ("Alpha", _INTEGER, 9)),
)
"""Name, type and use of each column, by GDAL's numbers (GDALRATFieldType, GDALRATFieldUsage)."""


def legend(labels: Mapping[int, str], colours: Mapping[int, Colour]) -> bytes:
    """Return the file beside a raster of one band.

    Args:
        labels: what each value means, by the value, 0 and up.
        colours: red, green, blue and opacity of each value, 0 to 255.
    """
    root = ET.Element("PAMDataset")
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    names = ET.SubElement(band, "CategoryNames")
    # Names go by their place: values that do not occur have an empty one.
    for value in range(max(labels) + 1):
        ET.SubElement(names, "Category").text = labels.get(value, "")
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for k, (name, kind, use) in enumerate(_COLUMNS):
        column = ET.SubElement(table, "FieldDefn", index=str(k))
        for tag, text in (("Name", name), ("Type", kind), ("Usage", use)):
            ET.SubElement(column, tag).text = str(text)
    for k, (value, label) in enumerate(sorted(labels.items())):
        row = ET.SubElement(table, "Row", index=str(k))
        for cell in (value, label, *colours[value]):
            ET.SubElement(row, "F").text = str(cell)
    ET.indent(root, " ")
    content: bytes = ET.tostring(root, encoding="utf-8")
    return content + b"\n"
