// What all cards of a page remember: the last known values, since when, and the order of the rows.

const kept = new Map();
const starts = new Map();
const order = new Map();

/** Remember a value as it was seen last. */
export const keep = (key, value) => (kept.set(key, value), value);

/** Return a value as it was seen last, or undefined. */
export const last = (key) => kept.get(key);

/** Forget a slot's recording, which has ended. */
export function forget(slot) {
  order.delete(last(slot)?.key);
  kept.delete(slot);
}

/** Return since when something is true: first seen, or `start`. */
export function since(key, isTrue, start) {
  if (!isTrue) starts.delete(key);
  else if (!starts.has(key)) starts.set(key, start);
  return starts.get(key);
}

/** Sort rows so that a new one comes last, and none that is shown moves. */
export function sorted(rows) {
  const age = ({ started, name }) => `${started ?? "~"}${name}`;
  const fresh = rows.filter(({ key }) => !order.has(key));
  fresh.sort((a, b) => age(a).localeCompare(age(b)));
  let next = Math.max(0, ...order.values());
  for (const { key } of fresh) order.set(key, (next += 1));
  return rows.sort((a, b) => order.get(a.key) - order.get(b.key));
}
