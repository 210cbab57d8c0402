// What the pages do besides showing: stay fresh, count down, keep drafts. Every deed works without any of this.
(() => {
  "use strict";

  const POLL_SECONDS = 30;
  const byId = (id) => document.getElementById(id);
  const live = () => document.querySelectorAll("[data-live]");
  const refresh = (element) => window.htmx.trigger(element, "refresh");

  // Live updates. Hints carry ids only; what they concern fetches its own fragment.

  let isBehind = false; // something happened while the page was hidden
  let poll = null;

  const concerns = (element, detail) => {
    if (!element.hasAttribute("data-of-thread")) return true;
    const about = JSON.parse(detail.data || "{}").conversation_id;
    const shown = document.querySelector("[data-thread]").dataset.thread;
    return !about || about === shown;
  };

  // In the capturing phase, before htmx hears the hint at the element itself.
  const screen = (event) => {
    if (!event.detail || !("data" in event.detail) || event.target.nodeType !== Node.ELEMENT_NODE) return;
    if (document.hidden) {
      isBehind = true;
      event.stopPropagation();
    } else if (!concerns(event.target, event.detail) || isReading(event.target)) {
      event.stopPropagation();
    }
  };

  // A list that somebody has scrolled through is not taken from under him.
  const isReading = (element) => {
    const pages = element.hasAttribute("data-list") && element.querySelectorAll(".row-item").length > 45;
    if (pages) say("There is news. Scroll up and reload to see it.");
    return pages;
  };

  const HINTS = [
    "message.created", "message.status", "conversation.created", "conversation.updated", "call.incoming", "call.missed",
    "lead.updated", "appointment.confirmed", "appointment.updated", "task.updated", "escalation.updated",
  ];
  HINTS.forEach((name) => document.addEventListener(`sse:${name}`, screen, true));

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isBehind) {
      isBehind = false;
      live().forEach(refresh);
    }
  });

  const paused = () => {
    byId("stream").hidden = false;
    poll ??= window.setInterval(() => live().forEach(refresh), POLL_SECONDS * 1000);
  };

  const flowing = () => {
    byId("stream").hidden = true;
    if (poll === null) return;
    window.clearInterval(poll);
    poll = null;
    live().forEach(refresh);
  };

  document.addEventListener("htmx:sseError", paused);
  document.addEventListener("htmx:sseClose", paused);
  document.addEventListener("htmx:sseOpen", (event) => {
    flowing();
    event.detail.source.addEventListener("stream.reset", () => live().forEach(refresh));
    event.detail.source.addEventListener("notification.created", (message) => {
      const notice = JSON.parse(message.data || "{}");
      if (notice.pushed) say(notice.title, notice.urgency === "high");
    });
  });

  // The thread: stay where the reader is, and tell of new texts.

  const timeline = () => byId("timeline");
  const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  let wasAtEnd = true;
  let hadTexts = 0;

  const toEnd = () => {
    const list = timeline();
    if (list) list.scrollTop = list.scrollHeight;
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "timeline") return;
    wasAtEnd = isAtEnd(timeline());
    hadTexts = timeline().querySelectorAll("[data-inbound]").length;
  });

  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "timeline") return;
    const texts = timeline().querySelectorAll("[data-inbound]");
    const fresh = texts.length - hadTexts;
    if (fresh > 0) byId("announcer").textContent = `New text: ${texts[texts.length - 1].querySelector(".bubble-body").textContent}`;
    if (wasAtEnd) toEnd();
    else if (fresh > 0) {
      byId("new-below").textContent = fresh === 1 ? "1 new message" : `${fresh} new messages`;
      byId("new-below").hidden = false;
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.id === "new-below") {
      toEnd();
      event.target.hidden = true;
    }
    document.querySelectorAll(".menu[open]").forEach((menu) => {
      if (!menu.contains(event.target) || event.target.closest(".menu-item")) menu.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".menu[open]").forEach((menu) => { menu.open = false; });
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "body") event.target.form.requestSubmit();
  });

  // The owner's window, drawn from the server's deadline.

  const draw = () => {
    document.querySelectorAll("[data-deadline]").forEach((element) => {
      const left = Math.ceil((new Date(element.dataset.deadline) - Date.now()) / 1000);
      element.textContent = left > 0 ? `in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "now";
    });
  };
  window.setInterval(draw, 1000);

  // The composer: grows, counts, remembers.

  const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/u;
  const TWICE = /[\^{}\\[~\]|€]/gu;

  const segments = (text) => {
    const isPlain = GSM.test(text);
    const length = isPlain ? text.length + (text.match(TWICE) || []).length : text.length;
    const [one, many] = isPlain ? [160, 153] : [70, 67];
    return length <= one ? 1 : Math.ceil(length / many);
  };

  const typed = (area) => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
    area.form.querySelector("button").disabled = !area.value.trim();
    const count = segments(area.value);
    byId("segments").hidden = count < 2;
    byId("segments").textContent = `${count} text segments`;
    if (area.value) window.sessionStorage.setItem(`draft:${area.dataset.draft}`, area.value);
    else window.sessionStorage.removeItem(`draft:${area.dataset.draft}`);
  };

  const openComposer = () => {
    const area = byId("body");
    if (!area || area.dataset.isOpen) return;
    area.dataset.isOpen = "yes";
    if (!area.value) area.value = window.sessionStorage.getItem(`draft:${area.dataset.draft}`) || "";
    area.addEventListener("input", () => typed(area));
    typed(area);
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const area = byId("body");
    // The form itself has been replaced by now, so that the event names what stands around it.
    if (event.detail.successful && area && event.detail.requestConfig.elt.id === "reply-form") {
      window.sessionStorage.removeItem(`draft:${area.dataset.draft}`);
      toEnd();
    }
  });

  // Waiting and failing.

  let slow = null;
  document.addEventListener("htmx:beforeRequest", () => {
    slow ??= window.setTimeout(() => byId("working").classList.add("on"), 300);
  });
  document.addEventListener("htmx:afterRequest", () => {
    window.clearTimeout(slow);
    slow = null;
    byId("working").classList.remove("on");
  });

  const say = (words, isTrouble = true) => {
    const line = document.createElement("div");
    line.className = `notice notice-${isTrouble ? "red" : "green"}`;
    line.setAttribute("role", isTrouble ? "alert" : "status");
    line.textContent = words;
    byId("notice").replaceChildren(line);
    fade();
  };

  let fading = null;
  const fade = () => {
    window.clearTimeout(fading);
    fading = window.setTimeout(() => byId("notice").replaceChildren(), 7000);
  };

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) return;
    say(`That did not work (error ${event.detail.xhr.status}). Try again in a moment.`);
  });
  document.addEventListener("htmx:sendError", () => say("No connection. What you typed is kept; try again."));
  document.addEventListener("htmx:afterSettle", () => {
    openComposer();
    draw();
    if (byId("notice") && byId("notice").children.length) fade();
  });

  // The trend, drawn from the table beside it.

  const chart = () => {
    const canvas = byId("trend");
    if (!canvas || !window.Chart) return;
    const rows = [...document.querySelectorAll("#trend-table tbody tr")];
    const column = (index) => rows.map((row) => Number(row.cells[index].textContent));
    const line = (label, index, colour, dash) => ({
      label, data: column(index), borderColor: colour, backgroundColor: colour, borderDash: dash,
      borderWidth: 2, pointRadius: 0, pointHitRadius: 12, tension: 0.25,
    });
    window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    new window.Chart(canvas, {
      type: "line",
      data: {
        labels: rows.map((row) => row.cells[0].dataset.label),
        datasets: [line("Missed calls", 1, "#a8161c", [5, 4]), line("Replied", 2, "#17479e", []), line("Booked", 3, "#12633a", [])],
      },
      options: {
        maintainAspectRatio: false, animation: false, interaction: { mode: "index", intersect: false },
        scales: { x: { grid: { display: false }, ticks: { maxTicksLimit: 6, maxRotation: 0 } }, y: { beginAtZero: true, ticks: { precision: 0 } } },
        plugins: { legend: { position: "bottom", labels: { boxWidth: 24, boxHeight: 2 } } },
      },
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    draw();
    toEnd();
    openComposer();
    chart();
    document.querySelectorAll(".tab[aria-current]").forEach((tab) => {
      tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 24;
    });
    if (byId("notice").children.length) fade();
  });
})();
