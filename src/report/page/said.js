// What just happened, for eyes and for screen readers alike. Outside of an open
// modal dialog a page is silent, so each dialog has a place of its own for it.

const SHOWN_MS = 2500;
let timer = 0;

function place() {
  const open = [...document.querySelectorAll("dialog[open]")].pop();
  return open ? open.querySelector(".said") : document.getElementById("said");
}

function hide(element) {
  element.classList.remove("shown");
}

/** One short sentence. */
export function say(text) {
  const element = place();
  if (!element) return;
  clearTimeout(timer);
  element.textContent = "";
  // The same words a second time are news, too.
  requestAnimationFrame(() => {
    element.textContent = text;
    element.classList.add("shown");
  });
  timer = setTimeout(() => hide(element), SHOWN_MS);
}
