"""Vector tiles read back, by the words of the specification (MVT 2.1) and nothing of the code that writes them."""

import struct
from dataclasses import dataclass, field

import shapely
from shapely.geometry import LineString, MultiPoint, Polygon


@dataclass
class Feature:
    kind: int
    properties: dict
    paths: list
    """Each path: (points, closed)."""

    def geometry(self):
        if self.kind == 1:
            return MultiPoint([point for path, _ in self.paths for point in path])
        if self.kind == 2:
            return shapely.multilinestrings([LineString(path) for path, _ in self.paths])
        found = []
        for one in self.polygons():
            # By itself, since a hole and its outer ring may run along the edge of the buffer together.
            outer, *holes = (filled(ring) for ring in (one.exterior, *one.interiors))
            found.append(outer.difference(shapely.union_all(holes)))
        return shapely.union_all(found)

    def polygons(self):
        found = []
        for path, closed in self.paths:
            assert closed
            assert len(path) >= 3
            if area(path) > 0:
                found.append([path, []])
            else:
                assert area(path) < 0, "a ring without area"
                found[-1][1].append(path)
        return [Polygon(outer, holes) for outer, holes in found]

    def lines(self):
        """Every edge that is drawn."""
        return shapely.union_all(
            [
                LineString([*path, path[0]]) if closed else LineString(path)
                for path, closed in self.paths
                if len(path) > 1
            ]
        )


@dataclass
class Layer:
    name: str = ""
    extent: int = 4096
    version: int = 1
    features: list = field(default_factory=list)


def filled(ring):
    """What a renderer fills of a ring, whatever it does with itself."""
    parts = shapely.get_parts(shapely.make_valid(Polygon(ring)))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def area(path):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(path, [*path[1:], path[0]], strict=True))


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = data[at : at + 8], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
            assert len(value) == size
        else:
            raise AssertionError(wire)
        yield number, value
    assert at == len(data)


def numbers(data):
    at, found = 0, []
    while at < len(data):
        value, at = varint(data, at)
        found.append(value)
    return found


def value_of(data):
    ((number, value),) = fields(data)
    if number == 1:
        return value.decode()
    if number == 3:
        return struct.unpack("<d", value)[0]
    if number == 5:
        return value
    if number == 6:
        return (value >> 1) ^ -(value & 1)
    if number == 7:
        return bool(value)
    raise AssertionError(number)


def paths_of(commands):
    x = y = k = 0
    paths = []
    while k < len(commands):
        command, count = commands[k] & 7, commands[k] >> 3
        k += 1
        if command == 7:
            assert count == 1
            paths[-1] = (paths[-1][0], True)
            continue
        assert command in {1, 2}
        assert count
        if command == 1:
            paths.append(([], False))
        for _ in range(count):
            dx, dy = ((one >> 1) ^ -(one & 1) for one in commands[k : k + 2])
            k += 2
            x, y = x + dx, y + dy
            assert not paths[-1][0] or command == 1 or (dx, dy) != (0, 0), "a step of nothing"
            paths[-1][0].append((x, y))
    return paths


def layers(data):
    found = {}
    for number, value in fields(data):
        assert number == 3
        one, raw, keys, values = Layer(), [], [], []
        for inner, content in fields(value):
            match inner:
                case 1:
                    one.name = content.decode()
                case 2:
                    raw.append(content)
                case 3:
                    keys.append(content.decode())
                case 4:
                    values.append(value_of(content))
                case 5:
                    one.extent = content
                case 15:
                    one.version = content
                case _:
                    raise AssertionError(inner)
        assert len(keys) == len(set(keys))
        for feature in raw:
            parts = dict(fields(feature))
            tags = numbers(parts[2])
            assert 1 not in parts
            properties = {keys[a]: values[b] for a, b in zip(tags[::2], tags[1::2], strict=True)}
            one.features.append(Feature(parts[3], properties, paths_of(numbers(parts[4]))))
        assert one.name not in found
        found[one.name] = one
    return found
