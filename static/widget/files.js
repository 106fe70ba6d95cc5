// Files of messages. They are the visitor's alone, so they are fetched with the token and shown from memory.

import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { fetchFile } from "./http.js";
import { say, size } from "./words.js";

const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const WIDEST = 240, HIGHEST = 280;
const addresses = new Map(); // attachment id -> promise of an object URL

const viewer = document.getElementById("viewer");
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.dispatchEvent(new Event("near"));
    }
  },
  { rootMargin: "400px" },
);

function address(file) {
  if (!addresses.has(file.id)) {
    const promise = fetchFile(file.url, currentToken()).then((blob) => URL.createObjectURL(blob));
    promise.catch(() => addresses.delete(file.id)); // so that the next look tries again
    addresses.set(file.id, promise);
  }
  return addresses.get(file.id);
}

/** Let a file that was chosen here be shown from here: it need not come back from the desk. */
export function know(file, blob) {
  addresses.set(file.id, Promise.resolve(URL.createObjectURL(blob)));
}

export function fileElement(file) {
  return SHOWN.includes(file.media_type) && file.width ? imageElement(file) : plainElement(file);
}

function imageElement(file) {
  const element = clone("t-image");
  const image = element.querySelector("img");
  const scale = Math.min(1, WIDEST / file.width, HIGHEST / file.height);
  image.width = Math.max(48, Math.round(file.width * scale)); // its place is kept until it is there: nothing jumps
  image.height = Math.max(48, Math.round(file.height * scale));
  image.alt = file.name;
  element.setAttribute("aria-label", say("enlarge", { name: file.name }));
  element.addEventListener("near", () => {
    address(file).then(
      (url) => {
        image.src = url;
        element.classList.add("there");
      },
      () => element.replaceWith(plainElement(file)),
    );
  });
  near.observe(element);
  element.addEventListener("click", () => address(file).then((url) => enlarge(url, file.name), () => {}));
  return element;
}

function plainElement(file) {
  const element = clone("t-file");
  const bytes = size(file.size);
  element.querySelector(".file-name").textContent = file.name;
  element.querySelector(".file-size").textContent = bytes;
  element.setAttribute("aria-label", say("download", { name: file.name, size: bytes }));
  element.addEventListener("click", async () => {
    element.disabled = true;
    try {
      const link = document.createElement("a");
      link.href = await address(file);
      link.download = file.name;
      link.click();
    } catch (error) {
      element.querySelector(".file-size").textContent = say("file_gone");
    }
    element.disabled = false;
  });
  return element;
}

function enlarge(url, name) {
  const image = viewer.querySelector("img");
  image.src = url;
  image.alt = name;
  viewer.showModal();
}

viewer.addEventListener("click", () => viewer.close()); // anywhere, the button too
