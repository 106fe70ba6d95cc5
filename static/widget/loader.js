// The launcher on a shop's page. Until somebody opens it, it stores nothing and asks the desk only for its colour.
(function () {
  "use strict";
  const script = document.currentScript || document.querySelector('script[data-store][src*="/widget.js"]');
  const queued = (window.Helpdesk && window.Helpdesk.q) || [];
  if (!script || (window.Helpdesk && window.Helpdesk.loaded)) return;

  const STRINGS = "__STRINGS__"; // put in by the server: {language: {name: text}}
  const desk = new URL(script.src).origin;
  const store = script.dataset.store || "";
  const wanted = [script.dataset.locale, document.documentElement.lang, ...(navigator.languages || [])];
  const locale = wanted.find((tag) => tag && language(tag)) || "en";
  const text = STRINGS[language(locale)];
  const phone = matchMedia("(max-width: 480px), (max-height: 440px)");
  const known = "helpdesk:" + store; // set in the shop's storage once the panel was opened here
  const listeners = { ready: [], open: [], close: [], message: [], unread: [] };

  let ui, frame, identity;
  let isOpen = false, panelReady = false, started = false, unread = 0, pageScroll = "";
  let context = {};
  let waiting = []; // for the panel, until it is there

  function language(tag) {
    const codes = Object.keys(STRINGS);
    const wanted = tag.toLowerCase().replace("_", "-");
    const sameLanguage = (code) => code.split("-")[0] === wanted.split("-")[0];
    return codes.find((code) => code === wanted) || codes.find(sameLanguage);
  }

  // -- The public function

  const commands = {
    open: () => open(),
    close: () => close(),
    identify(claims) {
      identity = String((claims && claims.token) || "");
      if (frame) tell("identify", { token: identity });
    },
    logout() {
      identity = undefined;
      if (frame || wasHere()) {
        load();
        tell("logout");
      }
    },
    context(more) {
      context = Object.assign(context, more);
      if (frame) tell("context", { page: page() });
    },
    on(name, listener) {
      if (!listeners[name] || typeof listener !== "function") return warn("there is no event " + name);
      listeners[name].push(listener);
      if (name === "ready" && started) listener();
    },
  };

  function Helpdesk(command, ...rest) {
    if (!Object.prototype.hasOwnProperty.call(commands, command)) return warn("there is no command " + command);
    if (started || command === "on") commands[command](...rest);
    else queued.push([command, ...rest]);
  }

  function warn(what) {
    console.warn("Helpdesk: " + what);
  }

  function emit(name, detail) {
    for (const listener of listeners[name]) {
      try {
        listener(detail);
      } catch (error) {
        setTimeout(() => { throw error; }); // theirs to see, not ours to stumble over
      }
    }
  }

  // Only the address, never its query: shops put all sorts of things there.
  function page() {
    return Object.assign({ url: location.origin + location.pathname, title: document.title.slice(0, 200) }, context);
  }

  function stored(area, key, value) {
    try {
      if (value === undefined) return window[area].getItem(key);
      if (value === null) window[area].removeItem(key);
      else window[area].setItem(key, value);
    } catch (error) {
      // Storage is refused: the next page begins anew.
    }
    return null;
  }

  function wasHere() {
    return stored("localStorage", known) !== null;
  }

  // -- The panel

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = text.panel;
    frame.referrerPolicy = "no-referrer";
    frame.src = desk + "/widget/" + encodeURIComponent(store) + "/?locale=" + encodeURIComponent(locale);
    frame.addEventListener("load", () => post("init", { page: page(), identity, open: isOpen }));
    ui.box.className = "box loading";
    ui.box.append(frame);
    setTimeout(() => { if (frame && !panelReady) ui.box.className = "box failed"; }, 12000);
  }

  function unload() {
    if (frame) frame.remove();
    frame = undefined;
    panelReady = false;
    waiting = [];
  }

  function post(type, detail) {
    frame.contentWindow.postMessage(Object.assign({ helpdesk: type }, detail), desk);
  }

  function tell(type, detail) {
    if (panelReady) post(type, detail);
    else waiting.push([type, detail]);
  }

  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== desk || !event.data) return;
    const said = event.data;
    if (said.helpdesk === "ready") {
      panelReady = true;
      ui.box.className = "box";
      for (const [type, detail] of waiting.splice(0)) post(type, detail);
      tell("visible", { open: isOpen, focus: isOpen && document.activeElement === ui.host });
    } else if (said.helpdesk === "close") {
      close(true);
    } else if (said.helpdesk === "unread") {
      showUnread(said.count, said.preview);
    } else if (said.helpdesk === "message") {
      emit("message", said.message);
    } else if (said.helpdesk === "gone") {
      stored("localStorage", known, null);
      close();
      unload();
      showUnread(0);
    }
  });

  function open(quietly) {
    if (isOpen) return;
    isOpen = true;
    stored("localStorage", known, "1");
    stored("sessionStorage", known, "open");
    load();
    render();
    if (!quietly) {
      frame.focus();
      tell("visible", { open: true, focus: true });
    } else {
      tell("visible", { open: true });
    }
    emit("open");
  }

  function close(byPerson) {
    if (!isOpen) return;
    isOpen = false;
    stored("sessionStorage", known, null);
    tell("visible", { open: false });
    render();
    if (byPerson) ui.launcher.focus();
    emit("close");
  }

  // -- What is seen

  const css = `
:host{all:initial!important}
*{box-sizing:border-box;margin:0;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
button{border:0;padding:0;cursor:pointer;-webkit-tap-highlight-color:transparent}
.launcher,.box,.teaser{position:fixed;z-index:2147483000;right:calc(20px + env(safe-area-inset-right))}
.launcher{bottom:calc(20px + env(safe-area-inset-bottom));width:60px;height:60px;border-radius:50%;background:var(--accent);color:var(--ink);box-shadow:0 1px 3px rgba(16,24,40,.18),0 8px 24px rgba(16,24,40,.22);display:grid;place-items:center;transition:transform .18s cubic-bezier(.2,.8,.2,1),box-shadow .18s;animation:arrive .25s cubic-bezier(.2,.8,.2,1)}
.launcher:hover{transform:scale(1.06)}
.launcher:active{transform:scale(.96)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px;box-shadow:0 0 0 3px #fff}
.launcher svg{grid-area:1/1;width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;transition:transform .2s,opacity .2s}
.launcher .down,.on .launcher .bubble{opacity:0;transform:rotate(-40deg) scale(.5)}
.on .launcher .down{opacity:1;transform:none}
.badge{position:absolute;top:-3px;right:-3px;min-width:22px;height:22px;padding:0 6px;border-radius:11px;background:#d92d20;color:#fff;border:2px solid #fff;font-size:12px;font-weight:700;line-height:18px;text-align:center}
.box{bottom:calc(96px + env(safe-area-inset-bottom));width:400px;max-width:calc(100vw - 40px);height:min(720px,calc(100vh - 116px));border-radius:18px;overflow:hidden;background:#fff;color:#475467;box-shadow:0 0 0 1px rgba(16,24,40,.06),0 12px 48px rgba(16,24,40,.24);transform-origin:calc(100% - 30px) 100%;transition:opacity .18s,transform .22s cubic-bezier(.2,.8,.2,1),visibility 0s .22s;visibility:hidden;opacity:0;transform:translateY(14px) scale(.96)}
.on .box{visibility:visible;opacity:1;transform:none;transition-delay:0s}
iframe{display:block;border:0;width:100%;height:100%;background:transparent;color-scheme:light dark}
.loading iframe,.failed iframe{position:absolute;opacity:0}
.wait,.fail{display:none;position:absolute;inset:0;place-content:center;justify-items:center;gap:14px;padding:32px;text-align:center}
.loading .wait,.failed .fail{display:grid}
.wait i{width:28px;height:28px;border-radius:50%;border:3px solid var(--accent);border-right-color:transparent;animation:turn .8s linear infinite}
.fail button{background:var(--accent);color:var(--ink);border-radius:10px;padding:9px 16px;font-weight:600}
.teaser{bottom:calc(94px + env(safe-area-inset-bottom));display:flex;align-items:flex-start;max-width:min(320px,calc(100vw - 40px));background:#fff;color:#101828;border-radius:16px;box-shadow:0 0 0 1px rgba(16,24,40,.06),0 8px 32px rgba(16,24,40,.2);animation:arrive .25s cubic-bezier(.2,.8,.2,1)}
.teaser .say{flex:1;min-width:0;padding:12px 0 13px 16px;background:none;color:inherit;text-align:start;border-radius:16px}
.teaser b{display:block;font-weight:650;font-size:13px}
.teaser span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;overflow-wrap:anywhere;color:#475467}
.teaser .drop{margin:6px;width:28px;height:28px;border-radius:50%;background:none;color:#667085;font-size:20px;line-height:1}
.drop:hover{background:#f2f4f7}
[hidden]{display:none!important}
@media (max-width:480px),(max-height:440px){.box{inset:0;width:100vw;max-width:none;height:100%;border-radius:0;transform:translateY(24px)}.on .launcher{display:none}}
@media (prefers-color-scheme:dark){.box,.teaser{background:#171b21;color:#eceef2;box-shadow:0 0 0 1px rgba(255,255,255,.1),0 12px 48px rgba(0,0,0,.5)}.teaser span,.teaser .drop{color:#b4bcc8}.drop:hover{background:#303641}.badge{border-color:#171b21}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media (forced-colors:active){.launcher{border:2px solid}}
@media print{:host{display:none!important}}
@keyframes arrive{from{opacity:0;transform:translateY(8px) scale(.9)}}
@keyframes turn{to{transform:rotate(1turn)}}`;

  // Made node by node: a shop's policy may forbid inline styles and markup from strings.
  function make(tag, attributes, ...children) {
    const svg = tag === "svg" || tag === "path";
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    node.append(...children);
    return node;
  }

  function icon(name, path) {
    return make("svg", { class: name, viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { d: path }));
  }

  function build(colors) {
    const host = make("helpdesk-widget");
    const root = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch (error) {
      root.append(make("style", {}, css));
    }
    const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" });
    const launcher = make("button", { type: "button", class: "launcher", "aria-expanded": "false" },
      icon("bubble", "M20 15a3 3 0 0 1-3 3h-5l-5 3.5V18a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3zM8.5 9h7M8.5 13h4"),
      icon("down", "M6 9.5l6 6 6-6"), badge);
    const retry = make("button", { type: "button" }, text.retry);
    const box = make("div", { class: "box" }, make("div", { class: "wait" }, make("i")),
      make("div", { class: "fail", role: "alert" }, make("p", {}, text.failed), retry));
    const say = make("button", { type: "button", class: "say" }, make("b"), make("span"));
    const drop = make("button", { type: "button", class: "drop", "aria-label": text.dismiss }, "×");
    const teaser = make("div", { class: "teaser", role: "status", hidden: "" }, say, drop);
    const wrap = make("div", {}, box, teaser, launcher);
    wrap.style.setProperty("--accent", colors.accent);
    wrap.style.setProperty("--ink", colors.ink);
    root.append(wrap);

    launcher.addEventListener("click", () => (isOpen ? close(true) : open()));
    say.addEventListener("click", () => open());
    drop.addEventListener("click", () => { teaser.hidden = true; launcher.focus(); });
    retry.addEventListener("click", () => { unload(); load(); });
    wrap.addEventListener("keydown", (event) => { if (event.key === "Escape") close(true); });
    phone.addEventListener("change", render);
    if (window.visualViewport) {
      visualViewport.addEventListener("resize", fit);
      visualViewport.addEventListener("scroll", fit);
    }
    ui = { host, wrap, launcher, badge, box, teaser, say };
    render();
    // Beside <body>, where page transitions that swap the body leave it alone.
    document.documentElement.append(host);
  }

  function render() {
    const full = isOpen && phone.matches;
    const label = isOpen ? text.close : unread ? text.unread.replace("{count}", unread) : text.open;
    ui.wrap.className = isOpen ? "on" : "";
    ui.launcher.setAttribute("aria-expanded", isOpen);
    ui.launcher.setAttribute("aria-label", label);
    ui.badge.textContent = unread > 99 ? "99+" : unread;
    ui.badge.hidden = !unread || isOpen;
    if (isOpen) ui.teaser.hidden = true;
    const style = document.documentElement.style; // the page behind a full screen does not scroll
    if (full && style.overflow !== "hidden") {
      pageScroll = style.overflow;
      style.overflow = "hidden";
      ui.locked = true;
    } else if (!full && ui.locked) {
      style.overflow = pageScroll;
      ui.locked = false;
    }
    fit();
  }

  // A phone's keyboard covers part of the page without telling `position: fixed`.
  function fit() {
    const view = window.visualViewport;
    const full = isOpen && phone.matches && view && view.scale === 1;
    ui.box.style.top = full ? view.offsetTop + "px" : "";
    ui.box.style.height = full ? view.height + "px" : "";
  }

  function showUnread(count, preview) {
    if (count !== unread) emit("unread", count);
    unread = count;
    if (preview && !isOpen) {
      ui.say.firstChild.textContent = preview.name;
      ui.say.lastChild.textContent = preview.text;
      ui.teaser.hidden = false;
    } else if (!count) {
      ui.teaser.hidden = true;
    }
    render();
  }

  function start(colors) {
    if (started) return;
    build(colors);
    started = true;
    emit("ready");
    for (const call of queued.splice(0)) Helpdesk(...call);
    // Somebody who has talked to us hears the answer on whatever page they are now.
    if (wasHere()) {
      if (stored("sessionStorage", known) && !phone.matches) open(true);
      else (window.requestIdleCallback || setTimeout)(load);
    }
  }

  Helpdesk.loaded = true;
  window.Helpdesk = Helpdesk;
  // Listeners first, so that none misses what the other calls cause.
  for (const call of queued.splice(0)) Helpdesk(...call);

  const plain = { accent: "#2f6fed", ink: "#ffffff" };
  fetch(desk + "/widget/" + encodeURIComponent(store) + "/launcher.json", { credentials: "omit" }).then(
    (answer) => (answer.ok ? answer.json().then(start) : warn("there is no store " + store)),
    () => start(plain),
  );
})();
