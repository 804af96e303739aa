/* What to clear first: the question as the form asks it, and the plan as the service answers. */
import { given } from "../overview/state.js";
import { number } from "../overview/words.js";

const { element } = window.clearway.tools;
const NS = "http://www.w3.org/2000/svg", WIDE = 560, HIGH = 190, LEFT = 56, FOOT = 26, TOP = 10, RIGHT = 14;
const say = (key, put = {}) => given.say[key].replace(/\{(\w+)\}/g, (all, name) => (name in put ? put[name] : all));
const names = new Map(given.settlements.map((one) => [one.id, one.name]));
const days = (value) => number(value, value < 10 ? 1 : 0);

function asked() {
  const value = (id) => (document.getElementById(id).value === "" ? null : Number(document.getElementById(id).value));
  const weights = {};
  for (const input of document.querySelectorAll("[data-weight]")) if (input.value !== "" && Number(input.value) !== 1) weights[input.dataset.weight] = Number(input.value);
  const fields = Object.fromEntries(["teams", "rate_m2", "period_days", "horizon_days", "on_settlement_m", "time_limit_s"].map((id) => [id, value(id)]));
  return { ...fields, ...given.ask, weights };
}

function svg(name, look, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(look)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
function round(value) {
  const step = 10 ** Math.floor(Math.log10(value));
  return step * [1, 2, 5, 10].find((k) => step * k >= value);
}

/* People who can have returned, as steps over days: each step is a settlement that opens. */
function chart(returned, end) {
  const last = Math.max(end, 1), most = Math.max(...returned.map((one) => one.people), 1);
  const x = (day) => LEFT + (WIDE - LEFT - RIGHT) * day / last, y = (people) => HIGH - FOOT - (HIGH - FOOT - TOP) * people / most;
  const made = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "cw-chart", role: "img" });
  made.setAttribute("aria-label", `${say("plan_chart")}: ${returned.map((one) => say("plan_chart_said", { people: number(one.people), day: days(one.day) })).join("; ")}`);
  const step = round(last / 6), rise = round(most / 4);
  for (let people = 0; people <= most; people += rise) {
    made.append(svg("line", { x1: LEFT, x2: WIDE - RIGHT, y1: y(people), y2: y(people), stroke: "#d5dbe1" }));
    made.append(svg("text", { x: LEFT - 6, y: y(people) + 4, "text-anchor": "end" }, number(people)));
  }
  for (let day = 0; day <= last; day += step) made.append(svg("text", { x: x(day), y: HIGH - 8, "text-anchor": "middle" }, number(day, 1)));
  let d = `M${x(0)} ${y(returned.length ? returned[0].people : 0)}`;
  for (const one of returned) d += `H${x(one.day)}V${y(one.people)}`;
  made.append(svg("path", { d: `${d}H${x(last)}`, fill: "none", stroke: "#1E5AA8", "stroke-width": 2.5 }));
  for (const one of returned) {
    const dot = svg("circle", { cx: x(one.day), cy: y(one.people), r: 4, fill: "#1E5AA8" });
    dot.append(svg("title", {}, say("plan_chart_said", { people: number(one.people), day: days(one.day) })));
    made.append(dot);
  }
  return made;
}

function cells(row, tag, texts, right = new Set()) {
  for (const [k, text] of texts.entries()) {
    const cell = element(tag, typeof text === "string" ? text : undefined);
    if (typeof text !== "string") cell.append(text);
    if (tag === "th") cell.scope = "col";
    if (right.has(k)) cell.className = "n";
    row.append(cell);
  }
  return row;
}
function table(caption, heads, rows, right) {
  const box = element("div", undefined, "cw-scroll"), made = element("table", undefined, "cw-list"), head = element("thead"), body = element("tbody");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", caption);
  head.append(cells(element("tr"), "th", heads, right));
  for (const row of rows) body.append(cells(element("tr"), "td", row, right));
  made.append(element("caption", caption), head, body);
  box.append(made);
  return box;
}

export function planning({ settle, go, marks }) {
  const form = document.getElementById("plan"), told = document.getElementById("plan-told"), out = document.getElementById("planned"), button = document.getElementById("make");

  function hazard(id) {
    const box = element("span"), one = given.named[id];
    if (!one) return element("span", id);
    const link = element("a", id), show = element("button", say("show_on_map"), "cw-link");
    link.href = `${given.base}${one.address}`;
    link.title = say("open_record", { id });
    show.type = "button";
    show.setAttribute("aria-label", `${say("show_on_map")}: ${id}`);
    show.addEventListener("click", () => go(one));
    box.append(link, " ", show);
    return box;
  }
  function opened(row, people) {
    const ids = row.opens ? row.opens.split(";") : [], box = element("span");
    if (!ids.length) return say("plan_opens_none");
    ids.forEach((id, k) => {
      const show = element("button", say("plan_opens", { name: names.get(id) || id, people: number(people.get(id) || 0) }), "cw-link");
      show.type = "button";
      show.addEventListener("click", () => settle(id));
      box.append(k ? ", " : "", show);
    });
    return box;
  }
  /* Settlements carry the number of the step that opens them. */
  function numbered(schedule) {
    for (const mark of marks.values()) for (const old of mark.getElement()?.querySelectorAll("b") || []) old.remove();
    for (const [k, row] of schedule.entries()) for (const id of row.opens ? row.opens.split(";") : []) marks.get(id)?.getElement()?.append(element("b", String(k + 1)));
  }

  function show(plan) {
    const people = new Map(plan.settlements.map((one) => [one.settlement, one.people]));
    const lines = [];
    if (given.historical) lines.push(element("p", say("plan_past"), "cw-note cw-warned"));
    const value = (number_) => (number_ === null ? "∞" : number(number_));
    told.textContent = plan.schedule.length ? say("plan_value", { value: value(plan.value) }) : say("plan_nothing");
    if (plan.schedule.length) {
      lines.push(element("p", plan.proven ? say("plan_proven") : say("plan_bound", { bound: value(plan.bound), gap: plan.bound ? number(Math.ceil(100 * (plan.value / plan.bound - 1))) : "∞" })));
      if (plan.next_best) lines.push(element("p", say("plan_next", { hazard: plan.next_best.hazard, more: number(plan.next_best.more) })));
      if (plan.smallest_area_first_times) lines.push(element("p", say("plan_smallest", { times: number(plan.smallest_area_first_times, 2) })));
      lines.push(table(
        say("plan_order"),
        ["plan_col_order", "plan_col_hazard", "plan_col_m2", "plan_col_days", "plan_col_opens"].map((key) => say(key)),
        plan.schedule.map((row, k) => [String(k + 1), hazard(row.hazard), number(row.m2), say("plan_days", { begin: days(row.starts_day), end: days(row.ends_day) }), opened(row, people)]),
        new Set([0, 2, 3]),
      ));
      const [first] = plan.returned, more = plan.returned.map((one) => ({ day: one.day, people: one.people - first.people }));
      lines.push(element("h4", say("plan_chart")), chart(more, plan.schedule.at(-1).ends_day), element("p", say("plan_at_once", { people: number(first.people) }), "cw-help"));
      lines.push(table(
        say("plan_rules"),
        ["plan_col_rule", "plan_col_value", "plan_col_times"].map((key) => say(key)),
        plan.heuristics.map((row) => [given.say[`rule_${row.rule}`] || row.rule, number(row.value), number(row.times_plan, 2)]),
        new Set([1, 2]),
      ));
    }
    const never = plan.settlements.filter((one) => !one.can_open && one.people > 0);
    if (never.length) lines.push(element("p", say("plan_never", { number: number(never.length), names: never.map((one) => names.get(one.settlement) || one.settlement).join(", ") }), "cw-note cw-bad"));
    out.replaceChildren(...lines);
    numbered(plan.schedule);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = asked();
    button.disabled = true;
    told.textContent = say("plan_working", { seconds: number(body.time_limit_s + 10) });
    out.replaceChildren();
    try {
      const answer = await fetch(`${given.base}/priorities`, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body) });
      const found = await answer.json().catch(() => ({}));
      if (answer.ok) {
        show(found);
      } else {
        const key = answer.status === 401 || answer.status === 403 ? "plan_rights" : "plan_refused";
        told.textContent = say(key, { reason: found.detail || String(answer.status) });
      }
    } catch (error) {
      told.textContent = say("plan_refused", { reason: error.message });
    } finally {
      button.disabled = false;
    }
  });
}
