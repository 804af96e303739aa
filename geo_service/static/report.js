/* The report as a table with a filter. Uploaded text is only ever set as textContent. */
"use strict";
window.clearwayReport = (() => {
  const MOST = 500;
  const { t, of, number, own } = window.clearwaySay;
  const byId = (id) => document.getElementById(id);

  function cell(text, className) {
    const made = document.createElement("td");
    made.textContent = text === null || text === undefined ? "" : String(text);
    if (className) made.className = className;
    return made;
  }
  function level(text) {
    const made = document.createElement("td"), mark = document.createElement("span");
    mark.className = `cw-level cw-${text}`;
    mark.textContent = of("level", text);
    made.append(mark);
    return made;
  }
  function code(text) {
    const made = cell(of("code", text));
    made.title = text;
    return made;
  }
  /* What it is: where the language has a sentence for it, that one before what the service names. */
  function message(one) {
    const made = cell("", "t"), said = of("look", one.code), names = one.message.indexOf(": ");
    if (said === one.code || names < 0) return own(made, one.message);
    made.append(`${said}: `, own(document.createElement("span"), one.message.slice(names + 2)));
    return made;
  }
  /* Show lines; `whole` is how many the report has where not all of them were handed over. */
  function show(lines, whole) {
    const draw = () => {
      const kind = byId("report-level").value, text = byId("report-text").value.trim().toLowerCase();
      const fits = lines.filter((one) => (!kind || one.level === kind)
        && (!text || `${one.row ?? ""} ${one.id ?? ""} ${one.code} ${one.message}`.toLowerCase().includes(text)));
      const rows = fits.slice(0, MOST).map((one) => {
        const row = document.createElement("tr");
        row.append(cell(one.row, "n"), cell(one.id, "t"), level(one.level), code(one.code), message(one));
        return row;
      });
      byId("report-rows").replaceChildren(...rows);
      const more = whole > lines.length ? t("report_first", { number: number.format(lines.length) }) : "";
      byId("report-count").textContent = lines.length
        ? t("report_count", { shown: number.format(rows.length), fitting: number.format(fits.length), more, all: number.format(whole) })
        : t("report_none");
    };
    byId("report-level").onchange = draw;
    byId("report-text").oninput = draw;
    draw();
  }
  return { show, number };
})();
