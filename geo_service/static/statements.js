/* Asks for a statement on a parcel, a road or a settlement, and shows what was stated. Text is only ever textContent. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("clearway-data").textContent);
  const byId = (id) => document.getElementById(id);
  const kind = () => document.querySelector("input[name=kind]:checked").value;

  function chosen() {
    for (const part of document.querySelectorAll("[data-kind]")) part.hidden = part.dataset.kind !== kind();
    if (kind() === "parcel") map.invalidateSize();
  }
  function fail(text) {
    byId("made").hidden = true;
    byId("trouble").hidden = false;
    byId("trouble").textContent = text;
    byId("trouble").focus();
  }
  function corners() {
    const rows = byId("corners").value.split("\n").map((row) => row.trim()).filter(Boolean);
    const found = rows.map((row) => row.split(/[\s,;]+/).map(Number));
    return found.every((one) => one.length === 2 && one.every(Number.isFinite)) ? found : null;
  }

  /* A map to draw on: where districts lie, and nothing of hazards. */
  const map = L.map("draw", { attributionControl: false, zoomSnap: 0.25 });
  for (const shape of data.districts) L.geoJSON(shape, { style: { color: "#52606d", weight: 1.5, fill: false } }).addTo(map);
  const [west, south, east, north] = data.box;
  map.fitBounds([[south, west], [north, east]]);
  const outline = L.polygon([], { color: "#1f2933", weight: 3, dashArray: "8 5", fillOpacity: 0.08 }).addTo(map);
  const drawn = () => outline.setLatLngs((corners() || []).map(([lon, lat]) => [lat, lon]));
  map.on("click", (event) => {
    const at = event.latlng.wrap();
    const before = byId("corners").value.trimEnd();
    byId("corners").value = `${before}${before ? "\n" : ""}${at.lng.toFixed(6)}, ${at.lat.toFixed(6)}`;
    drawn();
  });
  byId("corners").addEventListener("input", drawn);

  function place(text) {
    const known = data.places.find((one) => one.label === text.trim());
    if (known) return known.at;
    const numbers = text.split(",").map((part) => Number(part));
    return numbers.length === 2 && numbers.every(Number.isFinite) ? numbers : text;
  }
  function fields() {
    const asked = { language: byId("language").value };
    for (const name of ["asked_by", "purpose", "as_of"]) if (byId(name).value.trim()) asked[name] = byId(name).value.trim();
    if (kind() === "road") return { ...asked, from: place(byId("from").value), to: place(byId("to").value), mode: byId("mode").value };
    if (kind() === "settlement") {
      const text = byId("settlement").value.trim();
      const known = data.places.find((one) => one.label === text);
      return { ...asked, settlement: known ? known.id : text, radius_m: Number(byId("radius").value) };
    }
    const found = corners();
    if (found === null || found.length < 3) return null;
    return { ...asked, parcel: { type: "Polygon", coordinates: [[...found, found[0]]] } };
  }
  function request() {
    const file = byId("file").files[0];
    if (kind() !== "parcel" || !file) {
      const asked = fields();
      return asked && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) };
    }
    const body = new FormData();
    body.append("file", file, file.name);
    for (const name of ["language", "asked_by", "purpose", "as_of"]) if (byId(name).value.trim()) body.append(name, byId(name).value.trim());
    return { method: "POST", body };
  }
  async function ask(event) {
    event.preventDefault();
    const sent = request();
    if (!sent) return fail(data.say.corners);
    byId("busy").hidden = false;
    byId("trouble").hidden = true;
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    try {
      const answer = await fetch(`${data.base}/statements`, sent);
      const said = await answer.json();
      if (answer.ok) show(said);
      else fail(said.detail);
    } catch {
      fail(data.say.silent);
    } finally {
      byId("busy").hidden = true;
      for (const button of document.querySelectorAll("button")) button.disabled = false;
    }
  }
  function show(said) {
    byId("made-title").textContent = data.say.title.replace("{number}", said.statement);
    byId("made-dates").textContent = `${data.say.issued} ${said.issued_on}. ${data.say.expires} ${said.expires_on}.`;
    byId("made-findings").replaceChildren(...said.findings.map((one) => {
      const line = document.createElement("li");
      line.textContent = one.text;
      return line;
    }));
    byId("made-page").href = `${data.base}/statements/${Number(said.statement)}?f=html`;
    byId("made-paper").href = `${data.base}/statements/${Number(said.statement)}?f=pdf`;
    byId("made").hidden = false;
    byId("made-title").focus();
  }

  for (const one of document.querySelectorAll("input[name=kind]")) one.addEventListener("change", chosen);
  byId("ask").addEventListener("submit", ask);
  chosen();
  document.body.dataset.ready = "";
})();
