// The file of ratings, out of the page and into it again.

import { copyButton } from "#copy";
import { head } from "#data";
import { hide, overlay, show } from "#dialog";
import { button, byId, el } from "#dom";
import { quoted } from "#parts";
import { count, exported, exportText, importText, onChange } from "#ratings";
import { say } from "#said";
import { plural } from "#words";
import { BYTES_MAX, fileName, next } from "#yaml";

let page = null;

function download(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = el("a", { href: url, download: fileName(head.recipe) });
  document.body.append(link);
  link.click();
  link.remove();
  // Browsers read it a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function whereTo() {
  const name = quoted(fileName(head.recipe), "code");
  return head.recipe.file
    ? el("p", {}, name, " was saved. Put it beside ", quoted(head.recipe.file, "code"),
      ", and go on with the best:")
    : el("p", {}, name, " was saved. Name it with ", el("code", {}, "--ratings"), ".");
}

function nextCommand() {
  const command = next(head.recipe);
  if (!command) return [];
  const shown = el("pre", { class: "command", tabindex: 0 }, command);
  return [shown, copyButton(command, "the command", shown)];
}

/** Saves the ratings as a file, and shows it for where nothing can be saved. */
export function exportFile() {
  if (!exported()) {
    say("nothing is rated yet: 1 to 5, k and x rate the cell that has the focus");
    return;
  }
  const text = exportText();
  download(text);
  const field = el("textarea", { class: "exported", readonly: true, rows: 8, wrap: "off",
    spellcheck: "false", "aria-label": "The file" }, text);
  page.title.textContent = `Ratings of ${plural(exported(), "cell")}`;
  page.body.replaceChildren(whereTo(), ...nextCommand(), el("h3", {}, "The file"), field,
    el("div", { class: "tools" }, copyButton(text, "the file", field),
      button("Save again", "Save the file again", () => download(text), { class: "copy" })));
  show(page);
}

async function taken(file) {
  try {
    // Hostile ones are not read to their end.
    if (file.size > BYTES_MAX) throw new Error("too long to be ratings of this page");
    const count = importText(await file.text());
    say(`${plural(count, "rating")} read`);
  } catch (error) {
    say(`${file.name}: ${error.message}`);
  }
}

// Asks for a file of ratings, and takes what it says.
function importFile() {
  const field = el("input", { type: "file", accept: ".yaml,.yml" });
  field.addEventListener("change", () => field.files[0] && taken(field.files[0]));
  field.click();
}

export function start() {
  const dialog = el("dialog", { id: "exported" });
  document.body.append(dialog);
  page = overlay("exported", () => hide(page));
  const save = byId("export");
  const refresh = () => {
    save.textContent = count() ? `Export ${count()}` : "Export";
  };
  save.addEventListener("click", exportFile);
  byId("import").addEventListener("click", importFile);
  onChange(refresh);
  refresh();
}
