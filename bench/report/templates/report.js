"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- language: one article is shown; the choice is kept in the address and, where allowed, in storage
  const tongues = all("[data-tongue]");
  const stored = () => { try { return localStorage.getItem("tongue"); } catch { return null; } };
  const store = (code) => { try { localStorage.setItem("tongue", code); } catch { /* a file without storage */ } };
  function speak(code) {
    const known = tongues.find((button) => button.dataset.tongue === code) || tongues[0];
    if (!known) return;
    code = known.dataset.tongue;
    for (const button of tongues) button.setAttribute("aria-pressed", String(button === known));
    for (const article of all("main > article")) article.hidden = article.lang !== code;
    document.documentElement.lang = code;
    document.title = known.dataset.title;
    const sounds = all(".sound");
    const place = document.querySelector(`#${code}-transcripts .legend`);
    if (place) place.after(...sounds);
  }
  const asked = () => { const code = location.hash.slice(1).split("-")[0]; return tongues.some((b) => b.dataset.tongue === code) ? code : null; };
  for (const button of tongues) {
    button.addEventListener("click", () => {
      const code = button.dataset.tongue;
      const [, rest] = location.hash.match(/^#\w+?-(.+)$/) || [];
      speak(code);
      store(code);
      if (rest && document.getElementById(`${code}-${rest}`)) history.replaceState(null, "", `#${code}-${rest}`);
    });
  }
  addEventListener("hashchange", () => { const code = asked(); if (code) speak(code); });
  const preferred = (navigator.languages || []).map((each) => each.split("-")[0]).find((each) => tongues.some((b) => b.dataset.tongue === each));
  speak(asked() || stored() || preferred);

  // ---- sorting: up, down, as it was
  function key(row, at) {
    const text = row.cells[at].dataset.sort || "";
    const value = Number(text);
    return { text, value: text !== "" && !Number.isNaN(value) ? value : null };
  }
  function compare(one, other, down) {
    if ((one.text === "") !== (other.text === "")) return one.text === "" ? 1 : -1; // absent last, either way
    const order = one.value !== null && other.value !== null
      ? one.value - other.value
      : one.text.localeCompare(other.text, document.documentElement.lang, { numeric: true });
    return down ? -order : order;
  }
  for (const table of all("table")) {
    const body = table.tBodies[0];
    const first = body ? [...body.rows] : [];
    for (const button of all("button.sort", table)) {
      const head = button.closest("th");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort") || "none"];
        for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
        if (next !== "none") head.setAttribute("aria-sort", next);
        const rows = [...first];
        if (next !== "none") {
          const keys = new Map(rows.map((row) => [row, key(row, head.cellIndex)]));
          rows.sort((a, b) => compare(keys.get(a), keys.get(b), next === "descending"));
        }
        body.append(...rows);
      });
    }
  }

  // ---- evidence: a finding marks the rows it rests on and goes to the first
  for (const link of all("a.evidence")) {
    link.addEventListener("click", (event) => {
      const keys = new Set(JSON.parse(link.dataset.cases));
      const article = link.closest("article");
      const rows = all("tr[data-case]", article);
      for (const row of rows) row.classList.toggle("marked", keys.has(row.dataset.case));
      const first = rows.find((row) => keys.has(row.dataset.case) && row.closest(`#${article.id}-metrics`));
      if (first) {
        event.preventDefault();
        first.scrollIntoView({ block: "center" });
      }
    });
  }

  // ---- sound: every word with a time plays from there once there is a clip
  const player = (clip) => all(".sound").find((each) => each.dataset.clip === clip)?.querySelector("audio");
  function arm(clip) {
    for (const diff of all(".diff").filter((each) => each.dataset.clip === clip)) {
      diff.classList.add("audible");
      for (const change of all(".change[data-t]", diff)) {
        change.setAttribute("role", "button");
        change.tabIndex = 0;
        change.title = change.dataset.say;
      }
    }
  }
  function play(target) {
    const spot = target.closest("[data-t]");
    const audio = spot && player(spot.closest(".diff").dataset.clip);
    if (!audio || !audio.src) return;
    audio.currentTime = Math.max(0, Number(spot.dataset.t) - 0.3);
    audio.play().catch(() => { /* the browser asks for a gesture first: the place is set */ });
  }
  for (const sound of all(".sound")) {
    const audio = sound.querySelector("audio");
    const pick = sound.querySelector("input[type=file]");
    if (audio.getAttribute("src")) arm(sound.dataset.clip);
    pick?.addEventListener("change", () => {
      if (!pick.files.length) return;
      if (audio.src) URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(pick.files[0]);
      arm(sound.dataset.clip);
    });
  }
  // ---- recordings of examples: in the page once, for every language; else a file of the reader's own
  const recordings = new Map();
  for (const player of all(".player")) {
    const audio = player.querySelector("audio");
    const source = audio.getAttribute("src") || recordings.get(player.dataset.recording);
    const pick = player.querySelector("label");
    if (source) {
      recordings.set(player.dataset.recording, source);
      audio.src = source;
      pick.hidden = true;
    }
    pick.querySelector("input").addEventListener("change", (event) => {
      if (!event.target.files.length) return;
      if (audio.src) URL.revokeObjectURL(audio.src);
      audio.src = URL.createObjectURL(event.target.files[0]);
    });
  }
  addEventListener("click", (event) => { if (event.target.closest(".audible [data-t]")) play(event.target); });
  addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches?.(".audible .change[data-t]")) {
      event.preventDefault();
      play(event.target);
    }
  });

  // ---- print: everything that is folded is unfolded
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); for (const each of folded) each.open = true; });
  addEventListener("afterprint", () => { for (const each of folded) each.open = false; });
})();
