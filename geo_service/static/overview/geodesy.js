/* Distances, areas and grid references on the WGS 84 ellipsoid. Degrees in, metres out. */
const A = 6378137, F = 1 / 298.257223563, B = A * (1 - F), E2 = F * (2 - F), E = Math.sqrt(E2);
const RAD = Math.PI / 180;

/* Length of the geodesic between two places [lon, lat] in m: Vincenty's inverse formula (Survey Review 23, 1975). */
export function distance([lon1, lat1], [lon2, lat2]) {
  const turn = (((lon2 - lon1 + 540) % 360 + 360) % 360 - 180) * RAD;
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RAD)), u2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = turn, sinS = 0, cosS = 1, sigma = 0, cos2A = 1, cosM = 0;
  for (let k = 0; k < 200; k += 1) {
    const sl = Math.sin(lambda), cl = Math.cos(lambda);
    sinS = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinS === 0) return 0;
    cosS = s1 * s2 + c1 * c2 * cl;
    sigma = Math.atan2(sinS, cosS);
    const sinA = c1 * c2 * sl / sinS;
    cos2A = 1 - sinA * sinA;
    cosM = cos2A ? cosS - 2 * s1 * s2 / cos2A : 0;
    const c = F / 16 * cos2A * (4 + F * (4 - 3 * cos2A));
    const before = lambda;
    lambda = turn + (1 - c) * F * sinA * (sigma + c * sinS * (cosM + c * cosS * (2 * cosM * cosM - 1)));
    if (Math.abs(lambda - before) < 1e-12) break;
  }
  const u = cos2A * (A * A - B * B) / (B * B);
  const big = 1 + u / 16384 * (4096 + u * (u * (320 - 175 * u) - 768));
  const small = u / 1024 * (256 + u * (u * (74 - 47 * u) - 128));
  const part = small / 4 * (cosS * (2 * cosM * cosM - 1) - small / 6 * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3));
  return B * big * (sigma - small * sinS * (cosM + part));
}

/* Twice the area between equator and latitude per radian of longitude, in units of a squared (Snyder 1987, 3-12). */
function q(lat) {
  const s = Math.sin(lat * RAD);
  return (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
}
const NODES = [[0, 128 / 225], [1 / 3 * Math.sqrt(5 - 2 * Math.sqrt(10 / 7)), (322 + 13 * Math.sqrt(70)) / 900], [1 / 3 * Math.sqrt(5 + 2 * Math.sqrt(10 / 7)), (322 - 13 * Math.sqrt(70)) / 900]];

/* Area in m2 of a ring [[lon, lat], ...] whose edges are straight in longitude and latitude, as the register measures. */
export function ringArea(ring) {
  let sum = 0;
  for (let k = 0; k < ring.length; k += 1) {
    const [lon1, lat1] = ring[k], [lon2, lat2] = ring[(k + 1) % ring.length];
    const middle = (lat1 + lat2) / 2, half = (lat2 - lat1) / 2;
    let mean = 0;
    for (const [node, weight] of NODES) mean += node ? weight * (q(middle - node * half) + q(middle + node * half)) : weight * q(middle);
    sum += (lon2 - lon1) * RAD * mean / 2;
  }
  return Math.abs(sum) * A * A / 2;
}

const N3 = F / (2 - F), RADIUS = A / (1 + N3) * (1 + N3 ** 2 / 4 + N3 ** 4 / 64);
const ALPHA = [N3 / 2 - 2 * N3 ** 2 / 3 + 5 * N3 ** 3 / 16 + 41 * N3 ** 4 / 180, 13 * N3 ** 2 / 48 - 3 * N3 ** 3 / 5 + 557 * N3 ** 4 / 1440, 61 * N3 ** 3 / 240 - 103 * N3 ** 4 / 140, 49561 * N3 ** 4 / 161280];

export function zoneOf(lon, lat) {
  if (lat >= 56 && lat < 64 && lon >= 3 && lon < 12) return 32;
  if (lat >= 72 && lon >= 0 && lon < 42) return lon < 9 ? 31 : lon < 21 ? 33 : lon < 33 ? 35 : 37;
  return Math.min(60, Math.floor((lon + 180) / 6) + 1);
}

/* UTM easting and northing in m: Krueger's series to the fourth order. */
export function utm(lon, lat, zone = zoneOf(lon, lat)) {
  const turn = (lon - (zone * 6 - 183)) * RAD, s = Math.sin(lat * RAD);
  const tau = Math.sinh(Math.atanh(s) - E * Math.atanh(E * s));
  const xi = Math.atan2(tau, Math.cos(turn)), eta = Math.asinh(Math.sin(turn) / Math.hypot(tau, Math.cos(turn)));
  let x = eta, y = xi;
  for (const [k, a] of ALPHA.entries()) {
    const j = 2 * (k + 1);
    x += a * Math.cos(j * xi) * Math.sinh(j * eta);
    y += a * Math.sin(j * xi) * Math.cosh(j * eta);
  }
  return { zone, east: 500000 + 0.9996 * RADIUS * x, north: 0.9996 * RADIUS * y + (lat < 0 ? 10000000 : 0) };
}

const BANDS = "CDEFGHJKLMNPQRSTUVWX", COLUMNS = ["STUVWXYZ", "ABCDEFGH", "JKLMNPQR"], ROWS = "ABCDEFGHJKLMNPQRSTUV";

/* The military grid reference of a place to 1 m (NGA.STND.0037); empty beyond 80 S and 84 N, where UTM ends. */
export function mgrs(lon, lat) {
  if (!(lat >= -80 && lat <= 84)) return "";
  const { zone, east, north } = utm(lon, lat);
  const band = BANDS[Math.min(19, Math.floor((lat + 80) / 8))];
  const column = COLUMNS[zone % 3][Math.floor(east / 100000) - 1];
  const row = ROWS[(Math.floor(north / 100000) + (zone % 2 ? 0 : 5)) % 20];
  const digits = (value) => String(Math.floor(value % 100000)).padStart(5, "0");
  return `${String(zone).padStart(2, "0")}${band} ${column}${row} ${digits(east)} ${digits(north)}`;
}
