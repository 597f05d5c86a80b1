// The card's own words, and its clock.

import { load } from "./files.js";

const TEXTS = await (await load("texts.json")).json();

const languageOf = (hass) => hass?.locale?.language ?? "en";

/** Return a text in the person's language or in English, with values for {0} and {1}. */
export function text(hass, key, ...values) {
  const texts = TEXTS[languageOf(hass).split("-")[0]] ?? TEXTS.en;
  return texts[key].replace(/{(\d)}/g, (_, at) => values[at]);
}

/** Return milliseconds as m:ss or h:mm:ss, in the digits of the language. */
export function clock(hass, time) {
  const all = Math.max(Math.floor(time / 1000), 0);
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const written = (part, digits) =>
    new Intl.NumberFormat(languageOf(hass), { minimumIntegerDigits: digits }).format(part);
  return [...(hours ? [written(hours, 1)] : []), written(minutes, hours ? 2 : 1), written(seconds, 2)].join(":");
}
