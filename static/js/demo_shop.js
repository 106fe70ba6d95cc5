// What a shop has to do for the widget: say who is logged in, and say when they are not any more.
(function () {
  "use strict";
  const LAST = "demo-shop-account";
  const POLL_MS = 3000;
  const identity = JSON.parse(document.getElementById("identity").textContent);
  const account = identity.account ? `${identity.store}/${identity.account}` : "";

  // The widget's script may come later: what is asked of it until then waits in a queue.
  window.Helpdesk = window.Helpdesk || function () { (window.Helpdesk.q = window.Helpdesk.q || []).push(arguments); };

  const before = localStorage.getItem(LAST) || "";
  if (before && before !== account && before.startsWith(`${identity.store}/`)) window.Helpdesk("logout");
  localStorage.setItem(LAST, account);
  if (identity.token) window.Helpdesk("identify", { token: identity.token });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-chat]");
    if (!button) return;
    const { product, order } = button.dataset;
    if (product || order) window.Helpdesk("context", product ? { product } : { order });
    window.Helpdesk("open");
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) {
      if (event.target.name === "store") event.target.form.buyer.value = "";
      event.target.form.requestSubmit();
    }
  });

  // My orders: the shop's own figures, as they change.
  const orders = document.querySelector("[data-orders]");
  async function poll() {
    const isTyped = [...orders.querySelectorAll("[name=coupon]")].some((field) => field.value);
    if (document.hidden || isTyped || orders.contains(document.activeElement)) return;
    try {
      const answer = await fetch(orders.dataset.orders);
      if (answer.ok) show(await answer.text());
    } catch {
      // The shop is away: what is shown stays.
    }
  }
  let shown = "";
  function show(html) {
    const bare = html.replace(/name="csrfmiddlewaretoken" value="\w+"/g, "");
    if (bare !== shown) {
      const fees = new Map([...orders.querySelectorAll("[data-fee]")].map((fee) => [fee.dataset.fee, fee.textContent]));
      orders.innerHTML = html;
      for (const fee of orders.querySelectorAll("[data-fee]")) {
        if (fees.has(fee.dataset.fee) && fees.get(fee.dataset.fee) !== fee.textContent) fee.classList.add("changed");
      }
    }
    shown = bare;
  }
  if (orders) setInterval(poll, POLL_MS);
})();
