// Puts the page together.
import * as bar from "#bar";
import * as cell from "#cell";
import * as compare from "#compare";
import { failure, head } from "#data";
import { byId } from "#dom";
import * as enlarge from "#enlarge";
import * as exporting from "#exporting";
import * as grid from "#grid";
import * as help from "#help";
import * as keyboard from "#keyboard";
import * as marked from "#marked";
import { play } from "#player";
import * as title from "#title";

function started() {
  title.start();
  bar.start();
  grid.start();
  enlarge.start();
  for (const module of [cell, compare, exporting, help, marked, keyboard]) module.start();
  // Who asked for calm starts it themselves.
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play();
}

async function begin() {
  if (failure) {
    byId("nothing").hidden = false;
    byId("nothing").textContent = `Nothing can be shown: ${failure}`;
    return;
  }
  started();
  if (head.live) (await import("#live")).start();
}

await begin();
