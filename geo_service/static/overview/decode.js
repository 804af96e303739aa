/* Reads Mapbox vector tiles (version 2.1): what each feature says, and where its parts lie in the tile's units. */
const { PbfReader } = window.Pbf;

function value(pbf) {
  const end = pbf.readVarint() + pbf.pos;
  let found = null;
  while (pbf.pos < end) {
    const tag = pbf.readVarint() >> 3;
    if (tag === 1) found = pbf.readString();
    else if (tag === 2) found = pbf.readFloat();
    else if (tag === 3) found = pbf.readDouble();
    else if (tag === 4) found = pbf.readVarint(true);
    else if (tag === 5) found = pbf.readVarint();
    else if (tag === 6) found = pbf.readSVarint();
    else if (tag === 7) found = pbf.readBoolean();
  }
  return found;
}

function layerField(tag, layer, pbf) {
  if (tag === 1) layer.name = pbf.readString();
  else if (tag === 2) layer.places.push(pbf.pos);
  else if (tag === 3) layer.keys.push(pbf.readString());
  else if (tag === 4) layer.values.push(value(pbf));
  else if (tag === 5) layer.extent = pbf.readVarint();
}

/* The layers of a tile; their features are read one by one when asked for. */
export function layersOf(buffer) {
  const pbf = new PbfReader(new Uint8Array(buffer));
  return pbf.readFields((tag, layers) => {
    if (tag !== 3) return;
    const layer = { name: "", extent: 4096, keys: [], values: [], places: [], pbf };
    pbf.readFields(layerField, layer, pbf.readVarint() + pbf.pos);
    layers.push(layer);
  }, []);
}

/* One feature: its properties, its type (1 points, 2 lines, 3 polygons), its parts as [x, y, x, y ...] and its box. */
export function featureOf(layer, place) {
  const { pbf } = layer;
  pbf.pos = place;
  const feature = { properties: {}, type: 0, parts: [], box: [Infinity, Infinity, -Infinity, -Infinity] };
  pbf.readFields((tag) => {
    if (tag === 2) {
      const end = pbf.readVarint() + pbf.pos;
      while (pbf.pos < end) {
        const key = layer.keys[pbf.readVarint()];
        feature.properties[key] = layer.values[pbf.readVarint()];
      }
    } else if (tag === 3) feature.type = pbf.readVarint();
    else if (tag === 4) geometry(pbf, feature);
  }, null, pbf.readVarint() + pbf.pos);
  return feature;
}

function geometry(pbf, feature) {
  const end = pbf.readVarint() + pbf.pos, box = feature.box;
  let command = 1, left = 0, x = 0, y = 0, part = null;
  while (pbf.pos < end) {
    if (left === 0) {
      const read = pbf.readVarint();
      command = read & 7;
      left = read >> 3;
    }
    left -= 1;
    if (command === 7) { // close the ring
      part.push(part[0], part[1]);
      continue;
    }
    x += pbf.readSVarint();
    y += pbf.readSVarint();
    if (command === 1) {
      part = [];
      feature.parts.push(part);
    }
    part.push(x, y);
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
}
