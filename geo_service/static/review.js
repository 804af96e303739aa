/* Draws what a changeset changes on Folium's map. Text of records is only ever set as textContent. */
"use strict";
window.clearwayReview = (() => {
  const { STYLES, element, popup, cursor } = window.clearway.tools;
  const { t, of, number, date } = window.clearwaySay;
  const WORDS = ["classification", "status", "change", "devices", "product", "qc_status", "state", "kind", "device", "disposition", "eo_status"];
  function value(name, cell) {
    if (Array.isArray(cell)) return cell.map((one) => value(name, one)).join(", ");
    if (typeof cell === "number") return number.format(cell, 1);
    if (typeof cell === "boolean") return t(cell ? "yes" : "no");
    if (cell && typeof cell === "object") return JSON.stringify(cell);
    if (/^\d{4}-\d{2}-\d{2}$/.test(cell) && (name === "valid_from" || name.endsWith("_on"))) return date(cell);
    return WORDS.includes(name) ? String(of("word", cell)) : String(cell);
  }
  const SAY = { value, field: (name) => of("field", name) };
  const DIFF = {
    added: { color: "#1E5AA8", weight: 3, fillColor: "#1E5AA8", fillOpacity: 0.25 },
    changed: { color: "#6B3FA0", weight: 3, fillColor: "#6B3FA0", fillOpacity: 0.25 },
    was: { color: "#6B3FA0", weight: 2, dashArray: "5 4", fill: false },
    removed: { color: "#1f2933", weight: 2.5, dashArray: "2 4", fillColor: "#1f2933", fillOpacity: 0.1 },
  };
  const shape = (geometry, style) => L.geoJSON({ type: "Feature", geometry, properties: {} }, {
    style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 7 }),
  });

  function told(change, labels) {
    const box = popup(change.after || change.before || { id: change.id }, labels, SAY);
    box.prepend(element("p", t("diff_from", { what: of("diff", change.diff), date: date(change.valid_from) })));
    return box;
  }
  function around(map, data) {
    for (const layer of ["districts", "releases", "hazards"]) {
      for (const one of data.around[layer]) {
        shape(one.g, { ...STYLES[layer](one.p), weight: 1, opacity: 0.65, interactive: layer !== "districts" }).addTo(map)
          .bindPopup(() => popup(one.p, data.labels[layer], SAY), { maxWidth: 420, maxHeight: 300 });
      }
    }
  }
  function draw(map) {
    const data = JSON.parse(document.getElementById("clearway-data").textContent);
    around(map, data);
    const drawn = data.changes.map((change) => {
      const group = L.featureGroup();
      if (change.diff === "changed" && change.was) shape(change.was, DIFF.was).addTo(group);
      if (change.g) shape(change.g, DIFF[change.diff]).addTo(group);
      return group.bindPopup(() => told(change, data.labels[data.layer]), { maxWidth: 420, maxHeight: 300 }).addTo(map);
    });
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        const group = drawn[Number(button.dataset.zoom)];
        map.fitBounds(group.getBounds(), { maxZoom: 15, padding: [60, 60], animate: false });
        group.openPopup();
      });
    }
    for (const [name, key] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
      const button = map.getContainer().querySelector(`.leaflet-control-zoom-${name}`);
      button.title = t(key);
      button.setAttribute("aria-label", t(key));
    }
    L.control.scale({ imperial: false }).addTo(map);
    cursor(map, t("cursor"));
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(t(data.synthetic ? "synthetic_data" : "recorded_only"));
    window.clearwayReport.show(data.report, data.report_lines);
    follow();
    Object.assign(window.clearway, { map, drawn, ready: true });
    document.body.dataset.ready = "";
  }
  async function follow() {
    const box = document.getElementById("processing");
    if (!box) return;
    const bar = document.getElementById("progress"), text = document.getElementById("progress-text");
    for (;;) {
      await new Promise((done) => setTimeout(done, 700));
      const answer = await fetch(box.dataset.address);
      if (!answer.ok) continue;
      const body = await answer.json();
      if (body.state !== "processing") { location.reload(); return; }
      const { phase, done, of: whole } = body.progress;
      if (whole) { bar.max = whole; bar.value = done; }
      const named = of("phase", phase);
      text.textContent = whole ? t("phase_rows", { phase: named, done: number.format(done), of: number.format(whole) }) : `${named} ...`;
    }
  }
  return { draw };
})();
