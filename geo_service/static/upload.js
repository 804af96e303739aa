/* Sends a file to be checked, asks what must be answered, shows the report, and sends it in. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("clearway-data").textContent);
  const OWN = ["crs", "source_layer", "encoding", "swap_axes"];
  const COUNTS = [["rows_read", "upload_read"], ["accepted", "upload_accepted"], ["rejected", "upload_rejected"], ["repaired", "upload_repaired"], ["unchanged", "upload_unchanged"], ["warnings", "upload_warnings"]];
  const { t, of, number, own, language } = window.clearwaySay;
  const byId = (id) => document.getElementById(id);
  const start = () => ({ file: null, mapping: {}, set: {}, answers: {}, own: {}, report: [] });
  let state = start();

  function element(name, text, more) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return Object.assign(made, more || {});
  }
  function only(...shown) {
    for (const id of ["trouble", "question", "result", "sent"]) byId(id).hidden = !shown.includes(id);
  }
  function focus(id) {
    byId(id).focus();
    byId(id).scrollIntoView({ block: "start" });
  }
  function fail(text) {
    only("trouble");
    byId("trouble").textContent = text;
    focus("trouble");
  }
  /* What the service says is English: elsewhere the page says whose words they are. */
  function said(detail) {
    only("trouble");
    const words = own(element("span"), detail);
    byId("trouble").replaceChildren(...(language === "en" ? [words] : [`${t("own_words")} `, words]));
    focus("trouble");
  }
  function take(file) {
    state = { ...start(), file };
    byId("file-name").textContent = file ? t("upload_size", { name: file.name, number: number.format(file.size) }) : "";
    only();
  }

  async function post(more) {
    const body = new FormData();
    body.append("file", state.file, state.file.name);
    body.append("layer", byId("layer").value);
    body.append("message", byId("message").value);
    const own = { ...state.own };
    if (byId("crs").value.trim()) own.crs = byId("crs").value.trim();
    for (const [name, value] of Object.entries(own)) body.append(name, value);
    for (const name of ["mapping", "set", "answers"]) {
      if (Object.keys(state[name]).length) body.append(name, JSON.stringify(state[name]));
    }
    for (const [name, value] of Object.entries(more)) body.append(name, value);
    byId("busy").hidden = false;
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    try {
      const answer = await fetch(`${data.base}/changesets`, { method: "POST", body });
      return { status: answer.status, body: await answer.json() };
    } catch {
      return { status: 0, body: {} };
    } finally {
      byId("busy").hidden = true;
      for (const button of document.querySelectorAll("button")) button.disabled = false;
    }
  }
  async function check() {
    if (!state.file || !byId("layer").value) return fail(t("upload_needs"));
    const { status, body } = await post({ dry_run: "true" });
    if (status === 200) return result(body);
    return refused(body, status);
  }
  function refused(body, status) {
    const asked = (body.errors || []).find((one) => one.choices);
    if (asked) return ask(asked);
    if (body.detail) return said(body.detail);
    return fail(t(status ? "upload_refused" : "upload_silent"));
  }

  function ask(asked) {
    only("question");
    byId("question").dataset.code = asked.code;
    own(byId("ask-text"), asked.message);
    byId("ask-other").value = "";
    byId("ask-choices").replaceChildren(...asked.choices.map((choice, k) => {
      const label = element("label");
      label.append(element("input", undefined, { type: "radio", name: "choice", value: String(choice), id: `choice-${k}` }), element("span", String(choice)));
      return label;
    }));
    focus("asked");
  }
  function answer(event) {
    event.preventDefault();
    const chosen = document.querySelector("#ask-choices input:checked");
    const text = byId("ask-other").value.trim() || (chosen ? chosen.value : "");
    const code = byId("question").dataset.code;
    if (!text) return byId("ask-other").focus();
    if (code === "crs" && text.startsWith("no crs")) { delete state.own.crs; byId("crs").value = ""; }
    else if (code === "crs") { byId("crs").value = text; }
    else if (OWN.includes(code)) state.own[code] = text;
    else state.answers[code] = text;
    return check();
  }

  function result(body) {
    only("result");
    state.report = body.report;
    byId("outcome").textContent = body.rejected
      ? t("upload_some", { accepted: number.format(body.accepted), read: number.format(body.rows_read), rejected: number.format(body.rejected) })
      : t("upload_all", { read: number.format(body.rows_read) });
    byId("cards").replaceChildren(...COUNTS.map(([name, label]) => {
      const card = element("div", undefined, { className: "cw-card" });
      card.append(element("span", t(label)), element("b", number.format(body[name])));
      return card;
    }));
    const known = Object.entries(body.remembered || {}).map(([name, column]) => t("upload_from", { name, column }));
    byId("remembered").hidden = !known.length;
    byId("remembered").textContent = t("upload_remembered", { columns: known.join(", ") });
    mapping(body.columns || [], body.mapping || {});
    window.clearwayReport.show(body.report, body.report.length);
    byId("send").disabled = !body.accepted;
    focus("outcome");
  }
  function options(select, texts, chosen) {
    select.append(...texts.map(([value, text]) => element("option", text, { value, selected: value === chosen })));
    return select;
  }
  function mapping(columns, used) {
    const fields = (data.layers.find((one) => one.name === byId("layer").value) || { fields: [] }).fields;
    byId("mapping-rows").replaceChildren(...fields.map((field) => {
      const row = element("tr"), head = element("th", undefined, { scope: "row" }), one = element("td"), two = element("td");
      head.append(element("strong", field.label), element("span", field.required ? t("upload_required", { name: field.name }) : field.name, { className: "cw-help" }));
      const column = options(element("select", undefined, { name: "column" }), [["", t("upload_no_column")], ...columns.map((name) => [name, name])], used[field.name] || "");
      column.dataset.field = field.name;
      column.setAttribute("aria-label", t("upload_column_for", { name: field.label }));
      const given = state.set[field.name] === undefined ? "" : String(state.set[field.name]);
      const value = field.words
        ? options(element("select"), [["", t("nothing")], ...field.words], given)
        : element("input", undefined, { type: field.kind === "date" ? "date" : "text", value: given });
      value.dataset.set = field.name;
      value.setAttribute("aria-label", t("upload_given_for", { name: field.label }));
      one.append(column);
      if (field.name !== "id") two.append(value);
      row.append(head, one, two);
      column.dataset.was = used[field.name] || "";
      return row;
    }));
  }
  function remap(event) {
    event.preventDefault();
    for (const column of document.querySelectorAll("[data-field]")) {
      if (column.value !== column.dataset.was || column.dataset.field in state.mapping) state.mapping[column.dataset.field] = column.value;
    }
    state.set = {};
    for (const input of document.querySelectorAll("[data-set]")) {
      if (input.value.trim()) state.set[input.dataset.set] = input.value.trim();
    }
    return check();
  }
  function csv() {
    const quoted = (value) => {
      const text = value === null || value === undefined ? "" : String(value);
      // A spreadsheet would run text that begins so as a formula.
      return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    };
    const names = ["row", "id", "level", "code", "message", "values"];
    const lines = [names.join(","), ...state.report.map((one) => names.map((name) => quoted(one[name])).join(","))];
    const address = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    element("a", undefined, { href: address, download: "report.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async function send() {
    const { status, body } = await post(byId("draft").checked ? { submit: "false" } : {});
    if (status !== 201 && status !== 202) return refused(body, status);
    only("sent");
    byId("sent-link").href = `${data.base}/maps/review/${body.id}`;
    byId("sent-cancel").onclick = () => fetch(`${data.base}/changesets/${body.id}/cancel`, { method: "POST" });
    told(body);
    focus("sent-title");
    if (body.state === "processing") follow(body.id);
  }
  function told(body) {
    byId("sent-title").textContent = t("upload_sent", { id: body.id, state: of("state", body.state) });
    const far = body.progress && body.progress.of ? ` ${t("upload_kept", { done: number.format(body.progress.done), of: number.format(body.progress.of) })}` : "";
    byId("sent-text").replaceChildren(...(body.reason ? [own(element("span"), body.reason), " "] : []), t(`said_${body.state}`) + far);
    byId("sent-progress").hidden = byId("sent-cancel").hidden = body.state !== "processing";
    if (body.progress && body.progress.of) { byId("sent-progress").max = body.progress.of; byId("sent-progress").value = body.progress.done; }
    else byId("sent-progress").removeAttribute("value");
  }
  async function follow(id) {
    for (;;) {
      await new Promise((done) => setTimeout(done, 700));
      const answer = await fetch(`${data.base}/changesets/${id}`);
      if (!answer.ok) continue;
      const body = await answer.json();
      told(body);
      if (body.state !== "processing") return;
    }
  }

  byId("file").addEventListener("change", () => take(byId("file").files[0] || null));
  byId("layer").addEventListener("change", () => { Object.assign(state, { mapping: {}, set: {}, answers: {} }); only(); });
  for (const name of ["dragenter", "dragover"]) {
    byId("drop").addEventListener(name, (event) => { event.preventDefault(); byId("drop").classList.add("cw-over"); });
  }
  byId("drop").addEventListener("dragleave", () => byId("drop").classList.remove("cw-over"));
  byId("drop").addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("cw-over");
    if (!event.dataTransfer.files.length) return;
    byId("file").files = event.dataTransfer.files;
    take(event.dataTransfer.files[0]);
  });
  byId("upload").addEventListener("submit", (event) => { event.preventDefault(); check(); });
  byId("question").addEventListener("submit", answer);
  byId("mapping").addEventListener("submit", remap);
  byId("report-csv").addEventListener("click", csv);
  byId("send").addEventListener("click", send);
  byId("again").addEventListener("click", () => { byId("upload").reset(); take(null); byId("file").focus(); });
  window.clearway = { ready: true };
})();
