"""PMTiles archives for tests, written by the words of the specification (version 3)."""

import gzip
import io
import struct

from PIL import Image


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def along_the_curve(zoom):
    """The tiles of a zoom (column, row) in the order of the Hilbert curve, as its grammar of turns draws it."""
    x, y, dx, dy, found = 0, 0, 1, 0, [(0, 0)]
    word = "A"
    for _ in range(zoom):
        word = "".join({"A": "+BF-AFA-FB+", "B": "-AF+BFB+FA-"}.get(one, one) for one in word)
    for one in word:
        if one == "F":
            x, y = x + dx, y + dy
            found.append((x, y))
        elif one in "+-":
            turn = 1 if one == "+" else -1
            dx, dy = -turn * dy, turn * dx
    return found


def directory(entries):
    """Entries (number, run, length, offset) as bytes."""
    numbers = [one[0] for one in entries]
    steps = [b - a for a, b in zip([0, *numbers], numbers, strict=False)]
    body = varint(len(entries)) + b"".join(map(varint, steps))
    body += b"".join(varint(one[1]) for one in entries) + b"".join(varint(one[2]) for one in entries)
    for k, (_, _, _, offset) in enumerate(entries):
        follows = k > 0 and offset == entries[k - 1][3] + entries[k - 1][2]
        body += varint(0 if follows else offset + 1)
    return gzip.compress(body)


def archive(tiles, kind=2, leaf=0, box=(-180, -85, 180, 85)):
    """Bytes of an archive of pictures {(zoom, column, row): bytes}; `leaf`: entries of a directory below the root."""
    numbered, first = [], 0
    for zoom in range(max(one[0] for one in tiles) + 1):
        curve = along_the_curve(zoom)
        numbered += [(first + k, tiles[zoom, *at]) for k, at in enumerate(curve) if (zoom, *at) in tiles]
        first += len(curve)
    data, entries = b"", []
    for number, body in numbered:
        if entries and data[entries[-1][3] :] == body and number == entries[-1][0] + entries[-1][1]:
            entries[-1][1] += 1
            continue
        entries.append([number, 1, len(body), len(data)])
        data += body
    leaves = b""
    if leaf:
        root = []
        for k in range(0, len(entries), leaf):
            part = directory(entries[k : k + leaf])
            root.append((entries[k][0], 0, len(part), len(leaves)))
            leaves += part
    top, about = directory(root if leaf else entries), gzip.compress(b"{}")
    at_about = 127 + len(top)
    at_leaves = at_about + len(about)
    at_data = at_leaves + len(leaves)
    places = (127, len(top), at_about, len(about), at_leaves, len(leaves), at_data, len(data))
    zooms = [one[0] for one in tiles]
    head = b"PMTiles\x03" + struct.pack("<8Q", *places) + struct.pack("<3Q", len(numbered), len(entries), len(entries))
    head += bytes([1, 2, 1, kind, min(zooms), max(zooms)])
    head += struct.pack("<4i", *(round(one * 1e7) for one in box)) + bytes([0]) + struct.pack("<2i", 0, 0)
    return head + top + about + leaves + data


def plain(colour):
    """A picture of one colour, as PNG."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(out, "PNG")
    return out.getvalue()
