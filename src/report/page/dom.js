// Making elements. Text is only ever set as text: nothing that a run says can
// become markup.

/**
 * el("button", { id: "play", title: "…", "aria-pressed": "false" }, "Play").
 * A property whose name begins with "on" is a listener; true is an empty
 * attribute; false, null and undefined are left out.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child || child === "" || child === 0));
  return element;
}

/** A button of the page: "Copy", what it does in words, and what to do. */
export function button(text, title, onclick, properties = {}) {
  return el("button", { type: "button", title, onclick, ...properties }, text);
}

/** Sets an attribute only where it differs; null takes it away. */
export function mark(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value))
    element.setAttribute(name, String(value));
}

export const byId = (id) => document.getElementById(id);
