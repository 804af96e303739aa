/* The words of the page in its language, and numbers and dates as that language writes them. */
let catalogue = {}, labels = {}, language = "en";

export async function loadWords(base, wanted) {
  const answer = await fetch(`${base}/maps/words/${wanted}`);
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  ({ words: catalogue, labels } = await answer.json());
  language = wanted;
}
export function t(key, put = {}) {
  if (!(key in catalogue)) throw new Error(`no words for ${key}`);
  return catalogue[key].replace(/\{(\w+)\}/g, (all, name) => (name in put ? put[name] : all));
}
export const layerName = (layer) => labels[layer][""];
export const fieldName = (layer, field) => labels[layer][field] || (`field_${field}` in catalogue ? catalogue[`field_${field}`] : field);
export const word = (value) => catalogue[`word_${value}`] ?? value;
export const capital = (text) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
/* Browsers often lack Azerbaijani: it writes numbers as German does, and the catalogue has its months. */
const written = () => (language === "az" ? "de" : language);
export const number = (value, digits = 0) => value.toLocaleString(written(), { maximumFractionDigits: digits });
export function date(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  return t("date_form", { day, month: t("months").split(",")[month - 1], year });
}
/* m2 as km2; ground that is there never reads as none. */
export function km2(value) {
  if (value === 0) return "0";
  const found = value / 1e6;
  return found < 0.01 ? `<${number(0.01, 2)}` : found.toLocaleString(written(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
export const metres = (value) => (value < 1000 ? `${number(value, value < 10 ? 1 : 0)} ${t("unit_m")}` : `${number(value / 1000, 2)} ${t("unit_km")}`);
export const area = (value) => (value < 1e6 ? `${number(value)} ${t("unit_m2")}` : `${number(value / 1e6, 3)} ${t("unit_km2")}`);
