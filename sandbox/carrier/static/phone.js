// Keeps the page fresh without reloading it: asks once a second for the parts that change.
"use strict";

const source = document.body.dataset.fragments;
const written = new WeakMap(); // element -> the HTML it was made from

function show(id, html) {
  const place = document.getElementById(id);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const hasFocus = place.contains(document.activeElement);
  let changed = false;
  const wanted = [...fresh.content.children].map((next) => {
    const old = next.id ? place.querySelector(`:scope > #${next.id}`) : null;
    if (old && written.get(old) === next.outerHTML) return old;
    written.set(next, next.outerHTML);
    if (old && old.tagName === "DETAILS") next.open = old.open;
    changed = true;
    return next;
  });
  if (!changed && wanted.length === place.children.length) return;
  const hold = hasFocus ? document.activeElement.closest("details")?.id : null;
  place.replaceChildren(...wanted);
  if (hold) (place.querySelector(`#${hold} button`) ?? place.querySelector(`#${hold} summary`))?.focus();
  if (place.classList.contains("texts")) place.scrollTop = place.scrollHeight;
}

async function refresh() {
  try {
    const answer = await fetch(source);
    for (const [id, html] of Object.entries(await answer.json())) show(id, html);
  } catch {
    // The network is being restarted; the next second tries again.
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("quiet" in form.dataset)) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  if ("clear" in form.dataset) form.reset();
  await fetch(form.action, { method: "POST", body });
  refresh();
});

document.addEventListener("change", (event) => {
  if ("send" in event.target.dataset) event.target.form.requestSubmit();
});

refresh();
setInterval(refresh, 1000);
