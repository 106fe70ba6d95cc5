// The live line: one socket that is kept open. It says what it hears; what that means is client.js's business.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const WELCOME_WITHIN_MS = 10_000;
const ENDED = 4401; // the token is no good (any more): trying again is pointless

/**
 * `hello()` returns the first frame. `on` has welcome(frame), frame(frame), lost(failures) and ended().
 */
export function openSocket(hello, on) {
  let socket = null, up = false, failures = 0, closed = false;
  let retryTimer, watchTimer, heardAt = 0, silenceMs = WELCOME_WITHIN_MS;

  function open() {
    clearTimeout(retryTimer);
    if (closed || socket) return;
    const mine = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/widget/`);
    socket = mine;
    heardAt = Date.now();
    silenceMs = WELCOME_WITHIN_MS;
    mine.addEventListener("open", () => mine.send(JSON.stringify({ type: "hello", ...hello() })));
    mine.addEventListener("message", (event) => {
      if (socket === mine) hear(event.data);
    });
    mine.addEventListener("close", (event) => {
      if (socket === mine) lose(event.code);
    });
  }

  function hear(data) {
    heardAt = Date.now();
    const frame = JSON.parse(data);
    if (frame.type === "welcome") {
      up = true;
      failures = 0;
      silenceMs = 2.5 * 1000 * (frame.heartbeat_s || 10);
      on.welcome(frame);
    } else {
      on.frame(frame);
    }
  }

  function lose(code) {
    socket = null;
    up = false;
    failures += 1;
    if (closed) return;
    if (code === ENDED) {
      closed = true;
      clearInterval(watchTimer);
      on.ended();
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
    retryTimer = setTimeout(open, pause * (0.5 + Math.random() / 2)); // jitter: a thousand widgets come back at once
    on.lost(failures);
  }

  function drop() {
    const dead = socket;
    dead?.close();
    lose(0);
  }

  open();

  // A line that was cut without a word looks open for minutes; a missing heartbeat tells.
  watchTimer = setInterval(() => {
    if (socket && Date.now() - heardAt > silenceMs) drop();
  }, 1000);

  return {
    isUp: () => up,
    failures: () => failures,
    send(frame) {
      if (up && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    retryNow: open,
    /** Give up a line that does not answer; another one is tried. */
    drop() {
      if (socket) drop();
    },
    close() {
      closed = true;
      clearTimeout(retryTimer);
      clearInterval(watchTimer);
      const old = socket;
      socket = null;
      up = false;
      old?.close();
    },
  };
}
