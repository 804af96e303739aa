/* Draws routes, coloured and dashed by evidence, on Folium's map. Text of records is only ever set as textContent. */
"use strict";
window.clearwayRoutes = (() => {
  const { STYLES, element, popup, cursor } = window.clearway.tools;

  function records(map, data) {
    for (const [layer, features] of Object.entries(data.layers)) {
      for (const one of features) {
        L.geoJSON({ type: "Feature", geometry: one.g, properties: {} }, {
          style: { ...STYLES[layer](one.p), interactive: layer !== "districts" },
          pointToLayer: (_, at) => L.circleMarker(at, STYLES[layer](one.p)),
        }).addTo(map).bindPopup(() => popup(one.p, data.labels[layer]), { maxWidth: 420, maxHeight: 300 });
      }
    }
  }
  function mark(map, at, letter, label) {
    if (!at) return;
    const icon = L.divIcon({ html: element("span", letter), className: "cw-end-mark", iconSize: [26, 26] });
    L.marker([at[1], at[0]], { icon, title: label, alt: label, keyboard: false }).addTo(map);
  }
  function way(parts, classes) {
    const group = L.featureGroup();
    for (const part of parts) L.polyline(part.line, { color: "#fff", weight: 10, opacity: 0.9, interactive: false }).addTo(group);
    for (const part of parts) {
      const look = classes[part.class];
      L.polyline(part.line, { color: look.colour, weight: 6, dashArray: look.dash, lineCap: "butt" })
        .bindTooltip(element("span", look.label), { sticky: true }).addTo(group);
    }
    return group;
  }
  function draw(map) {
    const data = JSON.parse(document.getElementById("clearway-data").textContent);
    records(map, data);
    const ways = data.routes.map((parts) => way(parts, data.classes));
    const sections = [...document.querySelectorAll("[data-route]")];
    function choose(number) {
      ways.forEach((one, k) => (k === number ? one.addTo(map) : one.remove()));
      sections.forEach((one, k) => one.classList.toggle("cw-chosen", k === number));
      for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", Number(button.dataset.show) === number);
      api.chosen = number;
    }
    for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => choose(Number(button.dataset.show)));
    if (ways.length) choose(0);
    mark(map, data.from, "A", "Where from");
    mark(map, data.to, "B", "Where to");
    let next = "from";
    map.on("click", (event) => {
      const at = event.latlng.wrap();
      document.getElementById(next).value = `${at.lng.toFixed(6)},${at.lat.toFixed(6)}`;
      next = next === "from" ? "to" : "from";
      document.getElementById("pick").textContent = next === "to" ? "Now click where to." : "Both are set: look for a way.";
    });
    L.control.scale({ imperial: false }).addTo(map);
    cursor(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(element("span", [data.synthetic ? "SYNTHETIC data" : "Recorded data only", ...data.attribution].join(" | ")).innerHTML);
    Object.assign(window.clearway, { map, ways, ready: true });
    document.body.dataset.ready = "";
  }
  const api = { draw, chosen: null };
  return api;
})();
