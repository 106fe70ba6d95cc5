// An article in the timeline: what the buyer got to read.

import { clone, slot, text } from "./dom.js";

export function drawArticle(card) {
  const node = clone("card-article");
  for (const name of ["title", "lead"]) {
    text(slot(node, name), card[name]);
    slot(node, name).lang = card.article.locale;
  }
  const link = slot(node, "link");
  link.hidden = !/^https?:\/\//i.test(card.url ?? "");
  if (!link.hidden) link.href = card.url;
  return node;
}
