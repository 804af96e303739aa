/* Signs of settlements: the shape says whether they are reached, the colour inside on what evidence. */
const NS = "http://www.w3.org/2000/svg";
const SHAPES = {
  go_with_conditions: ["M11 3A8 8 0 1 1 10.99 3Z", "M7 11L10 14L15.5 8"],
  insufficient_information: ["M11 2L20.5 19H1.5Z", "M8.8 9.6A2.3 2.3 0 1 1 11 12.4V14M11 16V17"],
  no_go: ["M3 3H19V19H3Z", "M6 6L16 16M16 6L6 16"],
  site: ["M11 2L20 10V20H2V10Z", "M8.5 20V14H13.5V20"],
};

function path(d, look) {
  const made = document.createElementNS(NS, "path");
  for (const [name, value] of Object.entries({ d, ...look })) made.setAttribute(name, value);
  return made;
}

/* Dark lines on light colours, light ones on dark: a mark is to be read on each. */
function isDark(colour) {
  const [r, g, b] = [1, 3, 5].map((k) => Number.parseInt(colour.slice(k, k + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 150;
}

export function sign(kind, colour) {
  const svg = document.createElementNS(NS, "svg"), [outline, inner] = SHAPES[kind] || SHAPES.no_go;
  svg.setAttribute("viewBox", "0 0 22 22");
  svg.setAttribute("width", "22");
  svg.setAttribute("height", "22");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path(outline, { fill: "none", stroke: "#fff", "stroke-width": 4.5, "stroke-linejoin": "round" }));
  svg.append(path(outline, { fill: colour, stroke: "#111", "stroke-width": 1.6, "stroke-linejoin": "round" }));
  svg.append(path(inner, { fill: "none", stroke: isDark(colour) ? "#fff" : "#111", "stroke-width": 1.9, "stroke-linecap": "round" }));
  return svg;
}
