/* A field for a place: what is typed is searched for, and what is chosen is written as the form takes it. */
import { combobox } from "../overview/combobox.js";

const PLACES = new Set(["settlements", "coordinate"]);

/* What the form is given for something found: a name that only one bears, else the id; a place as longitude,latitude. */
function written(one, found) {
  if (one.kind !== "settlements") return `${one.at[0].toFixed(6)},${one.at[1].toFixed(6)}`;
  return found.filter((other) => other.name === one.name).length > 1 ? one.id : one.name;
}

export function placeField(name, chosen) {
  const input = document.getElementById(name), list = document.getElementById(`${name}-found`), say = document.getElementById(`${name}-told`);
  combobox({
    input,
    list,
    say,
    wanted: (one) => PLACES.has(one.kind),
    also: (one) => (one.kind === "coordinate" || one.id === one.name ? "" : one.id),
    take(one, found) {
      input.value = written(one, found);
      chosen(one);
    },
  });
}
