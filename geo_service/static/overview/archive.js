/* Reads PMTiles archives, version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md), part by part. */
const { PbfReader } = window.Pbf;
const HEADER = 127, FIRST = 16384, MOST_KEPT = 64, DEEPEST = 4;
const PLAIN = 1, GZIP = 2;
export const VECTOR = 1;
export const PICTURES = { 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif" };

/* The number of a tile along the Hilbert curves of all zooms, one behind the other. */
export function tileNumber(z, column, row) {
  const side = 2 ** z;
  let number = (4 ** z - 1) / 3, x = column, y = row;
  for (let s = side / 2; s >= 1; s /= 2) {
    const right = (x & s) > 0 ? 1 : 0, down = (y & s) > 0 ? 1 : 0;
    number += s * s * ((3 * right) ^ down);
    if (down) continue;
    if (right) [x, y] = [side - 1 - x, side - 1 - y];
    [x, y] = [y, x];
  }
  return number;
}

/* The entries of a directory: which tiles they hold, and where those lie; `run` 0 names another directory. */
function entriesOf(buffer) {
  const pbf = new PbfReader(new Uint8Array(buffer)), count = pbf.readVarint(), entries = [];
  let number = 0;
  for (let k = 0; k < count; k += 1) {
    number += pbf.readVarint();
    entries.push({ number, run: 0, length: 0, offset: 0 });
  }
  for (const one of entries) one.run = pbf.readVarint();
  for (const one of entries) one.length = pbf.readVarint();
  for (const [k, one] of entries.entries()) {
    const offset = pbf.readVarint();
    one.offset = offset === 0 && k > 0 ? entries[k - 1].offset + entries[k - 1].length : offset - 1;
  }
  return entries;
}

function entryOf(entries, number) {
  let low = 0, high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (entries[middle].number <= number) low = middle + 1; else high = middle - 1;
  }
  const found = entries[high];
  return found && (found.run === 0 || number < found.number + found.run) ? found : null;
}

async function unpacked(buffer, how) {
  if (how === PLAIN) return buffer;
  if (how !== GZIP) throw new Error("compressed in a way that is not read here: use gzip");
  return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

export class Archive {
  constructor(address) {
    Object.assign(this, { address, version: null, directories: new Map() });
  }

  async part(offset, length, signal) {
    // Browsers' caches mix up parts of one address that are asked for at once.
    const answer = await fetch(this.address, { signal, cache: "no-store", headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
    if (answer.status !== 206) throw new Error(`${answer.status}`);
    const version = answer.headers.get("ETag");
    if (this.version && version !== this.version) throw new Error("the file was exchanged: reload the page");
    this.version = version;
    return answer.arrayBuffer();
  }

  /* What the archive holds: its type of tiles, its zooms and its box. */
  async open() {
    const begins = await this.part(0, FIRST), view = new DataView(begins);
    const whole = (at) => Number(view.getBigUint64(at, true)), degrees = (at) => view.getInt32(at, true) / 1e7;
    if (begins.byteLength < HEADER) throw new Error("too short to be an archive");
    Object.assign(this, {
      leaves: whole(40), data: whole(56), inner: view.getUint8(97), packing: view.getUint8(98), type: view.getUint8(99),
      lowest: view.getUint8(100), highest: view.getUint8(101), box: [degrees(102), degrees(106), degrees(110), degrees(114)],
    });
    const from = whole(8), length = whole(16);
    const root = from + length <= begins.byteLength ? begins.slice(from, from + length) : await this.part(from, length);
    this.root = entriesOf(await unpacked(root, this.inner));
    return this;
  }

  async directory(offset, length) {
    if (!this.directories.has(offset)) {
      if (this.directories.size >= MOST_KEPT) this.directories.delete(this.directories.keys().next().value);
      const read = this.part(this.leaves + offset, length).then((one) => unpacked(one, this.inner)).then(entriesOf);
      this.directories.set(offset, read);
      read.catch(() => this.directories.delete(offset));
    }
    return this.directories.get(offset);
  }

  /* The bytes of a tile; null where there is none. */
  async tile(z, column, row, signal) {
    const number = tileNumber(z, column, row);
    let entries = this.root;
    for (let depth = 0; depth < DEEPEST; depth += 1) {
      const found = entryOf(entries, number);
      if (!found) return null;
      if (found.run) return unpacked(await this.part(this.data + found.offset, found.length, signal), this.packing);
      entries = await this.directory(found.offset, found.length);
    }
    return null;
  }
}
