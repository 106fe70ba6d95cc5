// Notices on every page of the desk: puts the parts together, and marks read what is being looked at.

import { setZone } from "../console/format.js";
import * as bell from "./bell.js";
import * as heard from "./heard.js";
import { ring } from "./ring.js";
import * as selftest from "./selftest.js";
import * as sounds from "./sounds.js";
import * as tabs from "./tabs.js";
import * as truth from "./truth.js";

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What this page is about, by its address. */
const here = () => `${location.pathname}${location.search}`.match(ID) ?? [];

function look() {
  tabs.note();
  if (!tabs.isLookedAt()) return;
  for (const id of here()) {
    truth.markRead({ about: id });
    heard.drop(id);
  }
}

setZone(document.body.dataset.timeZone);
truth.on("told", (notice) => notice.kind === "test" || ring(notice));
truth.on("change", look);
truth.start();
heard.start(bell.draw, (item) => {
  if (tabs.isLookedAt() && here().includes(item.about)) heard.drop(item.about);
  else ring(item);
});
tabs.start(here);
sounds.start();
bell.start();
selftest.start();
addEventListener("focus", look);
addEventListener("popstate", look);
document.addEventListener("visibilitychange", look);
document.addEventListener("desk:moved", look);
look();
