// New words for a text are shown filled with samples while somebody types.
const draft = document.querySelector("textarea[data-preview]");
let waiting;

async function show() {
  const address = new URL(draft.dataset.preview, window.location.href);
  address.searchParams.set("text", draft.value);
  const answer = await fetch(address);
  if (answer.ok && address.searchParams.get("text") === draft.value) {
    document.getElementById("preview").innerHTML = await answer.text();
  }
}

draft?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 300);
});
// Somebody may have begun to type before this script was there.
if (draft && draft.value !== draft.defaultValue) show();
