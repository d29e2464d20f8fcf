// Text that is taken along. A page from a file may not always use the
// clipboard: then the text is selected, and the keyboard copies it.

import { button } from "#dom";
import { say } from "#said";

function select(element) {
  if (element.select) element.select();
  else getSelection().selectAllChildren(element);
}

// The old way works where the new one is not allowed; it copies what is selected.
function copySelected() {
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  }
}

/** Copies `text`, which `element` shows. */
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    say("copied");
  } catch {
    select(element);
    say(copySelected() ? "copied" : "selected: copy it with Ctrl+C");
  }
}

/** A button that copies `text`; `element` is where it can be read whole. */
export function copyButton(text, what, element) {
  return button("Copy", `Copy ${what}`, () => copy(text, element),
    { class: "copy", "aria-label": `Copy ${what}` });
}
