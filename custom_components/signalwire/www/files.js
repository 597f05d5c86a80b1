// The files beside the modules that are not modules.

/** Return the response for one; raises an error if there is none. */
export async function load(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be loaded: ${response.status}`);
  return response;
}
