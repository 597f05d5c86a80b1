// Markup from templates, and elements that become like it but stay the same.

class Markup extends String {}

const written = (value) =>
  Array.isArray(value)
    ? value.map(written).join("")
    : value instanceof Markup
      ? value
      : `${value ?? ""}`.replace(/[&<"]/g, (character) => `&#${character.charCodeAt()};`);

/** Return markup; every value is escaped, but for markup and lists of it. */
export const html = (strings, ...values) =>
  new Markup(String.raw({ raw: strings }, ...values.map(written)));

/** Make the children of an element what the markup says; those with the same key stay. */
export function patch(element, markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  align(element, template.content);
}

function align(old, fresh) {
  const nodes = [...fresh.childNodes];
  const keyOf = (node) => node?.dataset?.key;
  const keys = nodes.map(keyOf);
  for (const child of [...old.children]) if (!keys.includes(keyOf(child))) child.remove();
  nodes.forEach((node, index) => {
    const there = old.childNodes[index];
    const key = keyOf(node);
    const same = key ? [...old.children].find((child) => keyOf(child) === key) : there;
    if (same?.nodeName !== node.nodeName || keyOf(same) !== key) {
      return old.insertBefore(node, there ?? null);
    }
    if (same !== there) old.insertBefore(same, there);
    if (!node.attributes) {
      if (same.data !== node.data) same.data = node.data;
      return;
    }
    for (const name of same.getAttributeNames()) node.hasAttribute(name) || same.removeAttribute(name);
    for (const { name, value } of node.attributes) {
      if (same.getAttribute(name) !== value) same.setAttribute(name, value);
    }
    align(same, node);
  });
  while (old.childNodes.length > nodes.length) old.lastChild.remove();
}
