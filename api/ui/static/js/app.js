// Everything here makes pages nicer; nothing here is needed. Each part looks for
// its own marks in the page and does nothing without them.
"use strict";

// After an answer, the focus goes to what it says (problem, receipt, outcome).
function focusAnswer(root) {
  const target = root.querySelector("[data-focus]");
  if (target) target.focus();
}

// ---- Sending a file: size check before, progress while, answer in place ----

function enhanceUpload(form) {
  const input = form.querySelector('input[type="file"]');
  const wrong = form.querySelector("#file-wrong");
  const limit = Number(form.dataset.limit);

  const problem = () => {
    const file = input.files[0];
    if (!file) return wrong.dataset.none;
    return file.size > limit ? wrong.dataset.large : "";
  };
  const tell = (text) => {
    wrong.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
    form.querySelector(".dsp-field").classList.toggle("dsp-field-bad", text !== "");
  };

  form.noValidate = true;
  input.addEventListener("change", () => tell(input.files.length ? problem() : ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = problem();
    tell(text);
    if (text) input.focus();
    else send(form);
  });
}

function send(form) {
  const box = form.querySelector("[data-progress]");
  const bar = box.querySelector("progress");
  const button = form.querySelector('button[type="submit"]');
  const request = new XMLHttpRequest();
  const fallBack = () => form.submit();

  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("error", fallBack);
  request.addEventListener("load", () => show(request, form));
  box.hidden = false;
  button.disabled = true;
  request.send(new FormData(form));
}

// A redirect has been followed already: go to where it led. A refusal takes the
// place of this page's content.
function show(request, form) {
  if (request.status < 400 && request.responseURL && request.responseURL !== form.action) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.querySelector("main");
  if (!main) {
    form.submit();
    return;
  }
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  enhance(main);
  focusAnswer(main);
}

// ---- Looking at pages ----

function enhanceViewer(viewer) {
  const sheets = [...viewer.querySelectorAll("[data-sheet]")];
  const links = [...viewer.querySelectorAll("[data-page]")];
  const tools = viewer.querySelector("[data-tools]");
  const views = sheets.map(() => ({ turn: 0, zoom: 1 }));
  let current = 0;

  const place = (i) => {
    const canvas = sheets[i].querySelector("[data-canvas]");
    const image = canvas && canvas.querySelector("img");
    if (!image || !image.naturalWidth) return;
    const ratio = image.naturalWidth / image.naturalHeight;
    const lying = views[i].turn % 180 !== 0;
    canvas.style.width = 100 * views[i].zoom + "%";
    canvas.style.aspectRatio = String(lying ? 1 / ratio : ratio);
    image.style.width = lying ? 100 * ratio + "%" : "100%";
    image.style.height = lying ? 100 / ratio + "%" : "100%";
    image.style.transform = `translate(-50%, -50%) rotate(${views[i].turn}deg)`;
  };

  const load = (i) => {
    const canvas = sheets[i].querySelector("[data-canvas]");
    if (!canvas || !sheets[i].dataset.src || canvas.querySelector("img")) return;
    const image = document.createElement("img");
    image.alt = sheets[i].dataset.alt;
    image.addEventListener("load", () => {
      place(i);
      markSeen(viewer, i);
    });
    image.src = sheets[i].dataset.src;
    canvas.replaceChildren(image);
  };

  const show = (i) => {
    current = Math.max(0, Math.min(sheets.length - 1, i));
    sheets.forEach((sheet, n) => { sheet.hidden = n !== current; });
    links.forEach((link, n) => {
      if (n === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    tools.querySelector('[data-tool="prev"]').disabled = current === 0;
    tools.querySelector('[data-tool="next"]').disabled = current === sheets.length - 1;
    load(current);
    place(current);
  };

  const zoom = (by) => {
    views[current].zoom = Math.max(1, Math.min(4, views[current].zoom * by));
    place(current);
  };
  const toggle = (button, name) => {
    button.setAttribute("aria-pressed", String(viewer.classList.toggle(name)));
  };
  const acts = {
    prev: () => show(current - 1),
    next: () => show(current + 1),
    turn: () => { views[current].turn = (views[current].turn + 90) % 360; place(current); },
    in: () => zoom(1.4),
    out: () => zoom(1 / 1.4),
    contrast: (button) => toggle(button, "dsp-contrast"),
    invert: (button) => toggle(button, "dsp-invert"),
  };

  viewer.classList.add("dsp-live");
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tool]");
    if (button) acts[button.dataset.tool](button);
  });
  links.forEach((link, n) => link.addEventListener("click", (event) => {
    event.preventDefault();
    show(n);
  }));
  addEventListener("resize", () => place(current));
  show(0);
}

// The server marks a page as seen when its image is fetched; this says so.
function markSeen(viewer, i) {
  const marks = [...viewer.querySelectorAll("[data-mark]")];
  if (marks[i]) marks[i].textContent = marks[i].dataset.text;
  const left = marks.filter((mark) => mark.textContent === "").length;
  const count = document.querySelector("[data-seen-count]");
  if (count) count.textContent = left ? count.dataset.some.replace("%n", left) : count.dataset.all;
  const pending = document.querySelector("[data-pending]");
  if (pending) pending.hidden = left === 0;
}

// ---- The lease ----

function enhanceLease(lease) {
  const until = Date.parse(lease.dataset.lease);
  const tick = () => {
    const minutes = Math.max(0, Math.floor((until - Date.now()) / 60000));
    lease.textContent = lease.dataset.minutes.replace("%n", minutes);
  };
  tick();
  setInterval(tick, 15000);
}

// ---- A case that changes by itself: what is swapped in is also read out ----

let lastState = document.getElementById("live")?.dataset.state;
document.addEventListener("htmx:afterSwap", () => {
  const state = document.getElementById("live")?.dataset.state;
  if (!state || state === lastState) return;
  lastState = state;
  document.getElementById("heard").textContent = state;
});

// ---- The demonstration: credentials fill the form in at a click ----

function enhanceCredentials(box) {
  const first = document.querySelector('input[autocomplete="username"]');
  const second = document.querySelector('input[autocomplete="current-password"]');
  if (!first || !second) return;
  box.querySelectorAll("[data-fill]").forEach((row) => {
    const button = document.createElement("button");
    const who = document.createElement("span");
    button.type = "button";
    button.textContent = box.dataset.use;
    who.className = "visually-hidden";
    who.textContent = " " + row.dataset.first;
    button.append(who);
    button.addEventListener("click", () => {
      first.value = row.dataset.first;
      second.value = row.dataset.second;
      first.form.querySelector('button[type="submit"]').focus();
    });
    row.append(button);
  });
}

// ---- Printing what is shown once: the browser's own print, at a button ----

function enhancePrint(box) {
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => print());
}

// ---- The nearest office: asked for at a button, rounded here, sent in the form ----

function enhanceNear(box) {
  if (!navigator.geolocation) return;
  const form = box.closest("form");
  const place = form.querySelector('[name="luogo"]');
  const told = box.querySelector("[data-told]");
  const put = (name, degrees) => {
    const field = form.querySelector(`[name="${name}"]`) ?? document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = degrees.toFixed(2); // about a kilometre: nobody needs to know better
    form.append(field);
  };
  const found = ({ coords }) => {
    put("latitudine", coords.latitude);
    put("longitudine", coords.longitude);
    place.value = "";
    form.submit();
  };
  const failed = ({ code }) => {
    told.textContent = code === 1 ? told.dataset.denied : told.dataset.unknown;
    place.focus();
  };
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => {
    told.textContent = told.dataset.waiting;
    navigator.geolocation.getCurrentPosition(found, failed, { timeout: 20000, maximumAge: 600000 });
  });
  addEventListener("pageshow", () => { told.textContent = ""; });
}

function enhance(root) {
  root.querySelectorAll("[data-near]").forEach(enhanceNear);
  root.querySelectorAll("[data-print]").forEach(enhancePrint);
  root.querySelectorAll("[data-credentials]").forEach(enhanceCredentials);
  root.querySelectorAll("[data-upload]").forEach(enhanceUpload);
  root.querySelectorAll("[data-viewer]").forEach(enhanceViewer);
  root.querySelectorAll("[data-lease]").forEach(enhanceLease);
}

enhance(document);
focusAnswer(document);
