// What lies over the page: opened and closed by the view, so that Back and a
// link do it, too. The browser traps the focus and Escape; what had the focus
// before gets it back.

import { button, el } from "#dom";

/**
 * @param {string} id of a dialog in the page
 * @param {() => void} onClose somebody closed it, or it is closed: the view is
 *   to say so
 */
export function overlay(id, onClose) {
  const dialog = document.getElementById(id);
  const title = el("h2", { id: `${id}-title`, tabindex: -1, autofocus: true });
  const tools = el("div", { class: "tools" });
  const body = el("div", { class: "body" });
  const close = button("✕", "Close (Esc)", onClose, { class: "close", "aria-label": "Close" });
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.replaceChildren(
    el("header", {}, title, tools, close), body,
    el("p", { role: "status", class: "said" }));
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    onClose();
  });
  // Browsers may close it without asking, as by a gesture.
  dialog.addEventListener("close", () => dialog.open || onClose());
  // A click beside it: the dialog itself is hit only on its backdrop.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) onClose();
  });
  return { dialog, title, tools, body };
}

/** Shows it over all that is open. */
export function show({ dialog, title }) {
  if (dialog.open) return;
  dialog.showModal();
  title.focus();
}

export function hide({ dialog }) {
  if (dialog.open) dialog.close();
}

/** The focus is never lost when the inside of a dialog changes. */
export function keepFocus({ dialog, title }) {
  if (dialog.open && !dialog.contains(document.activeElement)) title.focus();
}
