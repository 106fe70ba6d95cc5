// Reviews on their page: one that changed elsewhere, or that the store has heard of, shows itself as it is now.

import { on } from "./console/socket.js";

on("review.updated", ({ review }) => {
  const row = document.getElementById(`review-${review.id}`);
  if (!row || row.querySelector("form") || row.matches(".htmx-request, :has(.htmx-request)")) return;
  window.htmx.ajax("GET", row.dataset.refresh, { source: row, target: row, swap: "outerHTML" }).catch(() => {});
});
