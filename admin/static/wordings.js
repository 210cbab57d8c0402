// New words for a text are shown filled with samples while somebody types.
const draft = document.querySelector("textarea[data-preview]");
let waiting;
draft?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const address = new URL(draft.dataset.preview, window.location.href);
    address.searchParams.set("text", draft.value);
    const answer = await fetch(address);
    if (answer.ok && address.searchParams.get("text") === draft.value) {
      document.getElementById("preview").innerHTML = await answer.text();
    }
  }, 300);
});
