/* What the page shows: one object, changed in one place, told to whoever listens; and its address, so that a link brings it back. */
const listeners = [];
export const given = JSON.parse(document.getElementById("clearway-data").textContent);
/* All that can be switched on and off: layers of records, and what lies under them. */
export const offered = [...given.layers, ...given.under];
const query = new URLSearchParams(location.search);
const isDate = (text) => /^\d{4}-\d\d-\d\d$/.test(text || "");

/* knownAt: as asked for, empty for now; known and revision: what that is; district: an id, empty for the whole area. */
export const state = {
  asOf: given.as_of, knownAt: query.get("known_at") || "", known: given.known_at, revision: given.revision,
  compare: isDate(query.get("compare")) ? query.get("compare") : "",
  district: query.get("district") || "",
  layers: new Set(query.has("layers") ? query.get("layers").split(",").filter((one) => offered.includes(one)) : offered),
};
export const began = { zoom: Number(query.get("zoom")) || 0, centre: (query.get("centre") || "").split(",").map(Number) };

export const listen = (listener) => listeners.push(listener);

/* Changes the state and tells which parts of it changed. */
export function change(parts) {
  const changed = new Set(Object.keys(parts).filter((name) => name === "layers" || state[name] !== parts[name]));
  if (!changed.size) return;
  Object.assign(state, parts);
  for (const listener of listeners) listener(changed);
}

/* The page as it stands, as an address. */
export function address(map, language = given.language) {
  const made = new URLSearchParams();
  if (state.asOf !== given.today) made.set("as_of", state.asOf);
  if (state.knownAt) made.set("known_at", state.knownAt);
  if (state.compare) made.set("compare", state.compare);
  if (state.district) made.set("district", state.district);
  if (state.layers.size !== offered.length) made.set("layers", offered.filter((one) => state.layers.has(one)).join(","));
  const centre = map.getCenter();
  made.set("zoom", String(Math.round(map.getZoom() * 100) / 100));
  made.set("centre", `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)}`);
  made.set("lang", language);
  return `${given.base}/?${made.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/* The query that names a view: its date, what was known, and the revision that this is, so that caches may keep it. */
export function times(asOf = state.asOf) {
  const pinned = state.known && state.revision ? { known_at: state.known, rev: state.revision } : {};
  return new URLSearchParams({ as_of: asOf, ...pinned }).toString();
}

/* Asks the service; its own words are passed on where it refuses. */
export async function ask(path, signal) {
  const answer = await fetch(`${given.base}${path}`, { signal, headers: { Accept: "application/json, application/geo+json" } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || `${answer.status}`);
  return body;
}
