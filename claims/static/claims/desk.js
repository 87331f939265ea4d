// Comforts of the claim page: the draft saves itself, and other buttons wait until it has. All works without.
(function () {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  const IDLE = 1500; // milliseconds without a key before a save
  const RETRY = 10000;

  // A link to a field inside a folded part opens that part, in browsers that do not do so themselves.
  function unfold() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let part = target && target.closest("details"); part; part = part.parentElement.closest("details")) {
      part.open = true;
    }
  }
  addEventListener("hashchange", unfold);
  unfold();

  // A time that is set, in the reader's own zone as well where that differs from the newsroom's.
  for (const time of document.querySelectorAll(".chip-plan time")) {
    const own = new Date(time.dateTime);
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(time.dateTime) || [null, "+", "0", "0"];
    if ((sign + "1") * (hours * 60 + +minutes) !== -own.getTimezoneOffset()) {
      time.textContent += ` (${own.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })} where you are)`;
    }
  }

  if (!form) {
    return;
  }
  const state = document.getElementById("save-state");
  const version = form.querySelector("input[name=lock_version]");
  const lines = document.getElementById("checklist-lines");
  const jump = document.getElementById("jump-missing");
  const hint = document.getElementById("submit-hint");
  let saved = snapshot();
  let timer = 0;
  let running = null;
  let stopped = false;

  function snapshot() {
    const data = new FormData(form);
    data.delete("lock_version");
    data.delete("csrfmiddlewaretoken");
    return new URLSearchParams(data).toString();
  }

  function say(text, kind) {
    state.textContent = text;
    state.dataset.state = kind;
  }

  function clock(instant) {
    return new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  function showChecklist(html) {
    if (!lines || lines.contains(document.activeElement) || lines.querySelector("details[open]")) {
      return; // somebody writes a waiver there
    }
    lines.innerHTML = html; // made by our own server, with everything from outside escaped
    const missing = Number(lines.querySelector("[data-missing]").dataset.missing);
    jump.textContent = missing ? `${missing} missing` : "complete";
    if (hint) {
      hint.hidden = missing === 0;
    }
  }

  async function post() {
    const sent = snapshot();
    say("Saving …", "busy");
    let answer, body;
    try {
      answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), redirect: "manual" });
      body = answer.type === "opaqueredirect" ? null : await answer.json();
    } catch {
      say("Not saved: the desk cannot be reached. Your text stays here; the next try is in 10 seconds.", "error");
      timer = setTimeout(save, RETRY);
      return false;
    }
    if (body === null) {
      stopped = true;
      say("Not saved: you are logged out. Log in in another tab, then press “Save the draft”.", "error");
      return false;
    }
    if (!answer.ok) {
      // Somebody else's text must not be written over by a timer: pressing the button shows both.
      stopped = body.code === "stale_write";
      say(stopped ? "Not saved: somebody saved in between. Press “Save the draft” to see both texts." : body.message, "error");
      return false;
    }
    saved = sent;
    version.value = body.lock_version;
    say(`Saved ${clock(body.saved_at)}`, "saved");
    showChecklist(body.checklist);
    return true;
  }

  async function save() {
    clearTimeout(timer);
    if (running) {
      await running;
    }
    if (stopped || snapshot() === saved) {
      return !stopped;
    }
    running = post();
    const done = await running;
    running = null;
    return done;
  }

  form.addEventListener("input", function () {
    if (stopped) {
      return;
    }
    say("Not saved yet", "dirty");
    clearTimeout(timer);
    timer = setTimeout(save, IDLE);
  });
  form.addEventListener("submit", function () {
    clearTimeout(timer);
    saved = snapshot(); // the page is left with what it holds
  });
  // A move must see the newest text, so it waits for the save.
  document.addEventListener("submit", async function (event) {
    if (event.target === form || event.target.method !== "post" || snapshot() === saved) {
      return;
    }
    event.preventDefault();
    const pressed = event.submitter;
    if (await save()) {
      event.target.requestSubmit(pressed);
    } else {
      state.scrollIntoView({ block: "center" });
    }
  });
  addEventListener("beforeunload", function (event) {
    if (snapshot() !== saved) {
      event.preventDefault();
    }
  });
})();
