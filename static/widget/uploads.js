// Files on their way into the next message: picked, dropped or pasted; uploaded at once, sent with the words.

import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { know } from "./files.js";
import { upload } from "./http.js";
import { config, say, size } from "./words.js";

const MOST = 10;

const list = document.getElementById("uploads");
const error = document.getElementById("composer-error");
let uploads = []; // {file, element, job, attachment}
let changed = () => {};

/** Prepare; `onChange` is called whenever what can be sent may have changed. */
export function setUp(onChange) {
  changed = onChange;
  const input = document.getElementById("file");
  document.getElementById("attach").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    addFiles(input.files);
    input.value = "";
  });
  const chat = document.getElementById("chat"), drop = document.getElementById("drop");
  let depth = 0; // dragenter and dragleave come for every child
  const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = (more) => {
    depth = Math.max(0, depth + more);
    drop.hidden = !depth;
  };
  chat.addEventListener("dragenter", (event) => hasFiles(event) && show(1));
  chat.addEventListener("dragleave", (event) => hasFiles(event) && show(-1));
  // Everywhere: a file that is dropped beside the mark must not replace the page.
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(-depth);
    if (!chat.hidden) addFiles(event.dataTransfer.files);
  });
}

export function addFiles(files) {
  error.textContent = "";
  for (const file of files) {
    if (uploads.length >= MOST) complain("too_many_files", { count: MOST });
    else if (file.size > config.max_upload) complain("too_large", { name: file.name, limit: size(config.max_upload) });
    else begin(file);
  }
}

/** True where files are still on their way. */
export function isBusy() {
  return uploads.some((item) => !item.attachment);
}

export function count() {
  return uploads.length;
}

/** Return the uploaded files for a message, and begin anew. */
export function takeAll() {
  const taken = uploads.map((item) => item.attachment);
  uploads = [];
  list.replaceChildren();
  changed();
  return taken;
}

export function clear() {
  for (const item of uploads) item.job.abort();
  takeAll();
}

function complain(name, values) {
  error.textContent = say(name, values);
}

function begin(file) {
  const element = clone("t-upload");
  const name = file.name || say("image");
  const bar = element.querySelector("progress");
  element.querySelector(".upload-name").textContent = name;
  element.querySelector(".upload-size").textContent = size(file.size);
  bar.setAttribute("aria-label", say("uploading", { name }));
  const drop = element.querySelector("button");
  drop.setAttribute("aria-label", say("remove_file", { name }));
  preview(file, element.querySelector(".upload-picture"));

  const job = upload(file, currentToken(), (percent) => (bar.value = percent));
  const item = { file, element, job, attachment: null };
  uploads.push(item);
  list.append(element);
  changed();
  drop.addEventListener("click", () => {
    job.abort();
    discard(item);
    document.getElementById("body").focus();
  });
  job.done.then(
    (attachment) => {
      item.attachment = attachment;
      element.classList.add("done");
      know(attachment, file);
      changed();
    },
    (problem) => {
      discard(item);
      const known = ["too_large", "unsupported_type"].includes(problem.code);
      if (problem.code !== "aborted") complain(known ? problem.code : "upload_failed", { name, limit: size(config.max_upload) });
    },
  );
}

function discard(item) {
  item.element.remove();
  uploads = uploads.filter((other) => other !== item);
  changed();
}

function preview(file, box) {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) return;
  const image = document.createElement("img");
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  image.addEventListener("error", () => image.remove());
  box.append(image);
}
