// Calls to /api/v1/. A Failure carries the first error's code, so that callers branch on words, not on numbers.

import { csrfToken } from "../base.js";

const BASE = "/api/v1/";
const TIMEOUT_MS = 20_000;

export class Failure extends Error {
  constructor(status, code, detail, data = null) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.data = data;
  }
}

export async function call(method, path, body, { signal, headers = {} } = {}) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path.startsWith("/") ? path : BASE + path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(0, "network", "");
  }
  return answer(response.status, await response.text());
}

function answer(status, body) {
  let data = null;
  try {
    data = body ? JSON.parse(body) : null;
  } catch {
    if (status < 400) throw new Failure(status, "unreadable", "");
  }
  if (status < 400) return data;
  const first = data?.errors?.[0];
  const code = first?.code ?? (status === 413 ? "too_large" : "error");
  if (status === 401 || code === "not_authenticated") toLogin();
  throw new Failure(status, code, first?.detail ?? "", data);
}

export function toLogin() {
  location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body = {}, options) => call("POST", path, body, options);
export const put = (path, body) => call("PUT", path, body);

/** Upload one file; `progress` hears a share from 0 to 1. Only XMLHttpRequest can say how far an upload is. */
export function upload(path, file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", BASE + path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      try {
        resolve(answer(request.status, request.responseText));
      } catch (failure) {
        reject(failure);
      }
    };
    request.onerror = () => reject(new Failure(0, "network", ""));
    request.onabort = () => reject(new Failure(0, "aborted", ""));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
  return { done, abort: () => request.abort() };
}
