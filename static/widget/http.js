// Requests to the desk. A `Refusal` is an answer; any other error means that there was none.

const BASE = "/api/widget/v1/";
const PATIENCE_MS = 20_000;

export class Refusal extends Error {
  constructor(status, error = {}) {
    super(error.detail || `HTTP ${status}`);
    this.status = status;
    this.code = error.code || "";
    this.attr = error.attr || ""; // the field that is to blame
    // The same request may well succeed later.
    this.passing = status >= 500 || status === 408 || status === 425 || status === 429;
  }
}

export async function call(method, path, { token = "", body } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(BASE + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: abort.signal,
    });
    const data = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new Refusal(answer.status, data?.errors?.[0]);
    return data;
  } finally {
    clearTimeout(timer);
  }
}

/** Fetch a file that only this visitor may see. */
export async function fetchFile(path, token) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
  if (!answer.ok) throw new Refusal(answer.status);
  return answer.blob();
}

/** Upload a file. `progress` is called with 0 to 100. Returns {done, abort}; `done` is a promise of the attachment. */
export function upload(file, token, progress) {
  const request = new XMLHttpRequest(); // fetch does not tell how far it is
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress((100 * event.loaded) / event.total);
    });
    request.addEventListener("load", () => {
      let data = null;
      try {
        data = JSON.parse(request.responseText);
      } catch (error) {
        // Not ours: a proxy's page, told by its status.
      }
      if (request.status === 201) resolve(data.attachment);
      else if (request.status === 413) reject(new Refusal(413, { code: "too_large" }));
      else reject(new Refusal(request.status, data?.errors?.[0]));
    });
    request.addEventListener("error", () => reject(new TypeError("the upload was cut")));
    request.addEventListener("abort", () => reject(new Refusal(0, { code: "aborted" })));
  });
  const form = new FormData();
  form.append("file", file, file.name || "image.png");
  request.open("POST", BASE + "attachments");
  request.setRequestHeader("Authorization", `Bearer ${token}`);
  request.send(form);
  return { done, abort: () => request.abort() };
}
