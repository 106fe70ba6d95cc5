// Photos that go with a request: picked, uploaded at once, with how far each is.

import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { know } from "./files.js";
import { upload } from "./http.js";
import { config, say, size } from "./words.js";

const MOST = 6;

/** Make a box of photos work; `complain(words)` is told what cannot be taken. Returns {ids, isBusy, stop}. */
export function pickPhotos(box, complain) {
  const list = box.querySelector("ul");
  const input = box.querySelector("input");
  let picked = []; // {job, id}

  box.querySelector("[data-do=photos]").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    complain("");
    for (const file of input.files) {
      if (picked.length >= MOST) complain(say("too_many_photos", { count: MOST }));
      else if (!file.type.startsWith("image/")) complain(say("no_picture", { name: file.name }));
      else if (file.size > config.max_upload) complain(say("too_large", { name: file.name, limit: size(config.max_upload) }));
      else begin(file);
    }
    input.value = "";
  });

  function begin(file) {
    const element = clone("t-upload");
    const bar = element.querySelector("progress");
    const drop = element.querySelector("button");
    element.querySelector(".upload-name").textContent = file.name;
    element.querySelector(".upload-size").textContent = size(file.size);
    bar.setAttribute("aria-label", say("uploading", { name: file.name }));
    drop.setAttribute("aria-label", say("remove_file", { name: file.name }));
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    image.addEventListener("error", () => image.remove());
    element.querySelector(".upload-picture").append(image);
    list.append(element);

    const one = { job: upload(file, currentToken(), (percent) => (bar.value = percent)), id: "" };
    picked.push(one);
    const remove = () => {
      picked = picked.filter((other) => other !== one);
      element.remove();
    };
    drop.addEventListener("click", () => {
      one.job.abort();
      remove();
      box.querySelector("[data-do=photos]").focus();
    });
    one.job.done.then(
      (attachment) => {
        one.id = attachment.id;
        element.classList.add("done");
        know(attachment, file);
        if (!attachment.width) {
          remove();
          complain(say("no_picture", { name: file.name }));
        }
      },
      (problem) => {
        remove();
        if (problem.code !== "aborted") complain(say("upload_failed", { name: file.name }));
      },
    );
  }

  return {
    ids: () => picked.map((one) => one.id).filter(Boolean),
    isBusy: () => picked.some((one) => !one.id),
    stop: () => picked.forEach((one) => one.id || one.job.abort()),
  };
}
