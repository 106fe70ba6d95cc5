// Files on their way into a message: each has a chip with its progress, and is sent by its id once it is there.

import { toast } from "../base.js";
import { upload } from "./api.js";
import { clone, show, slot, text } from "./dom.js";
import { size } from "./format.js";
import { desk } from "./store.js";
import { say } from "./words.js";

const MOST = 10;
let made = 0;

/** Keep the files of one composer in `tray`. `changed` is called when what could be sent has changed. */
export function createUploads(tray, changed) {
  let files = []; // {key, state: uploading|ready|failed, share, attachment, file, node, abort}

  function add(list) {
    for (const file of list) {
      if (files.length >= MOST) {
        toast(say("upload.many", { n: MOST }), { kind: "warning" });
        break;
      }
      if (file.size > desk.limits.upload) {
        toast(say("upload.large", { name: file.name, size: size(desk.limits.upload) }), { kind: "error" });
        continue;
      }
      const entry = { key: (made += 1), state: "uploading", share: 0, file, name: file.name, size: file.size };
      files.push(entry);
      draw(entry);
      begin(entry);
    }
    changed();
  }

  async function begin(entry) {
    entry.state = "uploading";
    const { done, abort } = upload("attachments/", entry.file, (share) => {
      entry.share = share;
      paint(entry);
    });
    entry.abort = abort;
    paint(entry);
    try {
      entry.attachment = await done;
      entry.state = "ready";
    } catch (failure) {
      if (failure.code === "aborted") return;
      entry.state = "failed";
      entry.detail = failure.code === "network" ? say("upload.network") : failure.message || say("upload.failed");
    }
    paint(entry);
    changed();
  }

  function draw(entry) {
    entry.node = clone("upload");
    text(slot(entry.node, "name"), entry.name);
    slot(entry.node, "name").title = entry.name;
    const image = slot(entry.node, "image");
    const url = entry.file?.type.startsWith("image/") ? URL.createObjectURL(entry.file)
      : entry.attachment?.media_type.startsWith("image/") ? entry.attachment.url : "";
    show(image, url);
    show(slot(entry.node, "icon"), !url);
    if (url) image.src = url;
    slot(entry.node, "remove").addEventListener("click", () => remove(entry));
    slot(entry.node, "retry").addEventListener("click", () => begin(entry));
    tray.append(entry.node);
    paint(entry);
    show(tray, true);
  }

  function paint(entry) {
    const { node } = entry;
    node.dataset.state = entry.state;
    slot(node, "bar").value = entry.share;
    show(slot(node, "bar"), entry.state === "uploading");
    show(slot(node, "retry"), entry.state === "failed");
    text(slot(node, "detail"), entry.state === "failed" ? entry.detail : size(entry.size));
  }

  function remove(entry) {
    entry.abort?.();
    forget(entry);
    changed();
  }

  function forget(entry) {
    const image = slot(entry.node, "image");
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
    entry.node.remove();
    files = files.filter((other) => other !== entry);
    show(tray, files.length);
  }

  /** Show files that were uploaded before: from a draft. Uploads under way for another conversation are given up. */
  function restore(attachments) {
    for (const entry of [...files]) {
      if (entry.state === "uploading") entry.abort?.();
      forget(entry);
    }
    for (const attachment of attachments) {
      const entry = { key: (made += 1), state: "ready", share: 1, attachment, name: attachment.name, size: attachment.size };
      files.push(entry);
      draw(entry);
    }
  }

  return {
    add, restore,
    ready: () => files.filter((entry) => entry.state === "ready").map((entry) => entry.attachment),
    busy: () => files.some((entry) => entry.state === "uploading"),
    broken: () => files.some((entry) => entry.state === "failed"),
  };
}
