// Shows what is new every two seconds: fetches this page and takes over its <main>. Says so when nobody answers.
(() => {
  "use strict";
  const EVERY = 2000, PATIENCE = 5000;
  const said = document.getElementById("said");
  const headlineOf = (page) => ["h1", ".more"].map((part) => page.querySelector(part).textContent).join(": ");
  let heard = headlineOf(document);
  let lost = null;

  function say(text, isLost) {
    document.body.classList.toggle("lost", isLost);
    if (said.textContent !== text) said.textContent = text;
  }

  function show(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const main = document.getElementById("main"), next = fresh.getElementById("main");
    if (!next) throw new Error("another page");
    const headline = headlineOf(fresh);
    if (lost || headline !== heard) say(headline, false);
    [heard, lost] = [headline, null];
    document.title = fresh.title;
    if (main.innerHTML === next.innerHTML) return;
    // Whoever marks text to copy it keeps it.
    const marked = document.getSelection();
    if (marked && !marked.isCollapsed && main.contains(marked.anchorNode)) return;
    const focused = main.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    main.replaceWith(document.adoptNode(next));
    if (focused) next.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  async function look() {
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(answer.statusText);
      show(await answer.text());
    } catch {
      lost ??= new Date();
      say(`The server has not answered since ${lost.toLocaleTimeString()}. What you see is what it said last.`, true);
    }
  }

  function again() {
    setTimeout(async () => {
      if (!document.hidden) await look();
      again();
    }, EVERY);
  }
  document.addEventListener("visibilitychange", () => document.hidden || look());
  again();
})();
