// The card's own words, and its clock.

import { load } from "./files.js";

const TEXTS = await (await load("texts.json")).json();

const languageOf = (hass) => hass?.locale?.language ?? "en";

/** Return a text in the person's language or in English, with values for {0} and {1}. */
export function text(hass, key, ...values) {
  const texts = TEXTS[languageOf(hass).split("-")[0]] ?? TEXTS.en;
  return texts[key].replace(/{(\d)}/g, (_, at) => values[at]);
}

/** Return milliseconds as mm:ss or h:mm:ss, in the digits of the language. */
export function clock(hass, time) {
  const seconds = Math.max(Math.floor(time / 1000), 0);
  const hours = Math.floor(seconds / 3600);
  const two = new Intl.NumberFormat(languageOf(hass), { minimumIntegerDigits: 2 });
  const words = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => two.format(part));
  return [...(hours ? [hours.toLocaleString(languageOf(hass))] : []), ...words].join(":");
}
