/* Draws the situation on Folium's map. Text of records is only ever set as textContent. */
"use strict";
window.clearway = (() => {
  const GREY = "#4A5568";
  const STATE_COLOURS = { CHA: "#E00000", SHA: "#F4A718", cancelled: "#CBD2D9", reduced: "#A0AEC0", cleared: "#718096", surveyed_no_evidence: "#9DB2E0", no_recorded_hazard: "#FFFFFF" };
  const ROADS = { cleared: "#1E5AA8", verified: "#1E5AA8", restricted: "#B7791F", closed: "#C00000", not_assessed: "#8795A1" };

  const ROAD_DASHES = { cleared: "7 3", verified: "7 3", restricted: "11 4 2 4", closed: "3 6" };

  function hazardStyle(p) {
    if (p.state === "released") return { color: "#555", weight: 1.5, dashArray: "1 4", fillOpacity: 0 };
    const outline = p.status === "worked_on" ? "#FF8C00" : "#C00000";
    return { color: outline, weight: 1.8, dashArray: p.status === "suspended" ? "6 4" : null, fillColor: `url(#cw-hatch-${p.classification})`, fillOpacity: 1 };
  }
  function releaseStyle(p) {
    if (!p.in_effect) return { color: "#C00000", weight: 1.6, dashArray: "8 3 2 3", fillOpacity: 0 };
    if (p.product === "cleared" && p.handed_over) return { color: "#1B5E20", weight: 1.4, fillColor: "#2E7D32", fillOpacity: 0.4 };
    if (p.product === "cleared") return { color: GREY, weight: 1.8, dashArray: "9 4", fillColor: "#8892A0", fillOpacity: 0.45 };
    if (p.product === "reduced") return { color: GREY, weight: 1.2, fillColor: "url(#cw-hatch-reduced)", fillOpacity: 1 };
    return { color: GREY, weight: 1.2, dashArray: "6 3", fillOpacity: 0 };
  }
  const STYLES = {
    // Dash and dot, as boundaries are drawn everywhere: an unbroken line would be taken for a road.
    districts: () => ({ color: "#52606D", weight: 1.2, dashArray: "6 7 1.5 7", fillOpacity: 0, interactive: false }),
    surveys: () => ({ color: "#4F6BB5", weight: 1.2, dashArray: "2 3", fillColor: "#4F6BB5", fillOpacity: 0.12 }),
    releases: releaseStyle,
    hazards: hazardStyle,
    roads: (p) => ({ color: ROADS[p.eo_status] || ROADS.not_assessed, weight: p.eo_status === "closed" ? 3 : p.class === "primary" ? 2.4 : 1.4, dashArray: ROAD_DASHES[p.eo_status] || null }),
    // Pale and grey: water is where one is, and no state of the ground.
    water: (p) => ({ color: "#93B4C2", weight: p.kind === "line" ? 1.3 : 0.8, fillColor: "#CFE0E6", fillOpacity: p.kind === "line" ? 0 : 1 }),
    settlements: () => ({ color: "#333", weight: 1, fillColor: "#fff", fillOpacity: 1, radius: 3 }),
    spots: () => ({ color: "#111", weight: 2, fillColor: "#fff", fillOpacity: 1, radius: 3.5 }),
    incidents: (p) => ({ color: "#111", weight: 2, fillColor: p.kind === "accident" ? "#111" : "#fff", fillOpacity: 1, radius: 4.5 }),
  };

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  /* A page in another language hands over how it says values; the map of one file is English. */
  const PLAIN = { value: (_, value) => shown(value), field: (name) => name };
  function shown(value) {
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 1 });
    if (value && typeof value === "object") return JSON.stringify(value);
    return String(value);
  }
  function popup(properties, labels, say = PLAIN) {
    const box = element("div", undefined, "cw-popup");
    box.append(element("h3", `${labels.layer}: ${properties.id}`));
    const table = element("table");
    for (const [name, value] of Object.entries(properties)) {
      if (name === "id" || value === false) continue;
      const row = element("tr");
      row.append(element("th", labels[name] || say.field(name)), element("td", say.value(name, value)));
      table.append(row);
    }
    box.append(table);
    return box;
  }
  function diamond(latlng) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 14 14");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M7 1L13 7L7 13L1 7Z");
    path.setAttribute("fill", "#fff");
    path.setAttribute("stroke", "#111");
    path.setAttribute("stroke-width", "2");
    svg.append(path);
    return L.marker(latlng, { icon: L.divIcon({ html: svg, className: "cw-place cw-spot", iconSize: [13, 13] }) });
  }
  function share(name, shares) {
    const box = element("div", name, "cw-share");
    const total = shares.reduce((sum, one) => sum + one[1], 0);
    const bar = element("div");
    for (const [state, area] of shares) {
      if (!area) continue;
      const part = element("i");
      part.style.background = STATE_COLOURS[state];
      part.style.flex = `${area / total} 0 ${state === "no_recorded_hazard" ? 0 : 2}px`;
      bar.append(part);
    }
    box.append(bar);
    return box;
  }
  function degrees(value, positive, negative) {
    const total = Math.round(Math.abs(value) * 3600 * 10) / 10;
    const d = Math.floor(total / 3600), m = Math.floor((total - d * 3600) / 60), s = (total - d * 3600 - m * 60).toFixed(1);
    return `${d}°${String(m).padStart(2, "0")}'${s.padStart(4, "0")}"${value < 0 ? negative : positive}`;
  }
  function cursor(map, told = "Move over the map for coordinates") {
    const Control = L.Control.extend({
      onAdd() {
        this.box = element("div", told, "cw-cursor");
        return this.box;
      },
    });
    const control = new Control({ position: "bottomleft" }).addTo(map);
    map.on("mousemove", (event) => {
      const at = event.latlng.wrap();
      control.box.textContent = `${at.lat.toFixed(5)}, ${at.lng.toFixed(5)}   ${degrees(at.lat, "N", "S")} ${degrees(at.lng, "E", "W")}`;
    });
  }

  function draw(map) {
    const data = JSON.parse(document.getElementById("clearway-data").textContent);
    const counts = {}, groups = {}, bars = [], marks = [], outlines = [];
    for (const [layer, features] of Object.entries(data.layers)) {
      const labels = data.labels[layer];
      const group = L.layerGroup();
      counts[layer] = 0;
      for (const one of features) {
        const drawn = L.geoJSON({ type: "Feature", geometry: one.g, properties: {} }, {
          style: STYLES[layer](one.p),
          pointToLayer: (_, at) => (layer === "spots" ? diamond(at) : L.circleMarker(at, STYLES[layer](one.p))),
        });
        if (layer !== "districts") drawn.bindPopup(() => popup(one.p, labels), { maxWidth: 420, maxHeight: 300 });
        if (layer === "districts") {
          const shares = data.shares[one.p.id] || [];
          const icon = L.divIcon({ html: share(one.p.name, shares), className: "cw-place", iconSize: [110, 26] });
          const mark = L.marker([one.c[1], one.c[0]], { interactive: false, keyboard: false, icon }).addTo(group);
          bars.push({ mark, box: drawn.getBounds() });
        }
        if (layer === "settlements") {
          drawn.eachLayer((mark) => mark.bindTooltip(element("span", one.p.name), { permanent: true, direction: "right", offset: [4, 0], className: "cw-name" }));
        }
        drawn.addTo(group);
        if (layer === "incidents") drawn.eachLayer((mark) => marks.push(mark));
        if (layer === "hazards") outlines.push({ drawn, weight: STYLES.hazards(one.p).weight });
        counts[layer] += 1;
      }
      groups[labels.layer] = group;
      if (layer !== "settlements") group.addTo(map);
    }
    const settlements = groups[data.labels.settlements.layer];
    const names = () => {
      // From afar a symbol larger than the ground it stands on would hide it.
      const near = map.getZoom() >= 12, far = map.getZoom() < 10.5;
      for (const mark of marks) mark.setRadius(near ? 4.5 : far ? 1.7 : 3).setStyle({ weight: far ? 1 : 2 });
      for (const { drawn, weight } of outlines) drawn.setStyle({ weight: far ? weight / 2.5 : weight });
      map.getContainer().style.setProperty("--spot", near ? "13px" : far ? "5px" : "9px");
      if (map.getZoom() >= 10) settlements.addTo(map); else settlements.remove();
      // A bar needs room: where its district is too small on the screen, the table beside the map has the figures.
      for (const { mark, box } of bars) {
        const width = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x;
        mark.setOpacity(width >= 96 ? 1 : 0);
      }
    };
    map.on("zoomend", names);
    names();
    delete groups[data.labels.settlements.layer];
    L.control.layers(null, groups, { collapsed: true }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    cursor(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(data.synthetic ? "SYNTHETIC data" : "Recorded data only");
    Object.assign(api, { map, counts, ready: true });
  }
  const api = { draw, ready: false, tools: { STYLES, element, popup, cursor } };
  return api;
})();
