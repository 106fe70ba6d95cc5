// Pictures and files of an article: pasted, dropped or chosen, and put where they were.

import { csrfToken, toast } from "../base.js";
import { insertBlock, replace } from "./marks.js";

let number = 0;

/** `saving` waits while a file is under way: the place that is kept for it is no text that anybody should read. */
export function takeFiles(area, { url, saving, words, chooser }) {
  const all = (files) => [...files].forEach((file) => upload(file));

  async function upload(file) {
    const place = `![${words.uploading}](file:${++number}-${file.name.replace(/[^\w.-]/g, "")})`;
    saving.hold();
    insertBlock(area, place);
    const put = (markdown) => {
      const at = area.value.indexOf(place);
      if (at < 0) return;
      const caret = area.selectionStart;
      replace(area, at, at + place.length, markdown);
      if (caret > at + place.length) area.setSelectionRange(caret + markdown.length - place.length, caret + markdown.length - place.length);
    };
    try {
      const body = new FormData();
      body.append("file", file, file.name || "picture.png");
      const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(said.errors?.[0]?.detail ?? "");
      put(said.markdown);
      window.htmx.trigger(document.body, "desk:files");
    } catch (error) {
      put("");
      toast(error instanceof TypeError || !error.message ? words.uploadFailed : error.message, { kind: "error" });
    } finally {
      saving.release();
    }
  }

  area.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return; // a table of a spreadsheet comes as a picture too
    event.preventDefault();
    all(files);
  });
  area.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    area.classList.add("is-target");
  });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("is-target"));
  area.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    all(event.dataTransfer.files);
  });
  chooser.addEventListener("change", () => {
    all(chooser.files);
    chooser.value = "";
  });
}
