// Adds to pages that work without it: progress of uploads, lists that renew themselves, parts that come later, menus that close.
"use strict";

// A file at a time, so that each shows its own progress and one that is refused does not hold up the others.
function send(form, file, account, onProgress) {
  return new Promise((resolve) => {
    const data = new FormData();
    for (const [name, value] of account) data.append(name, value);
    data.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded, event.total); };
    request.onload = () => resolve({ good: request.status === 200, page: request.response });
    request.onerror = () => resolve({ good: false, page: null });
    request.send(data);
  });
}

function reason(page) {
  const words = page && page.querySelector(".error, main .sheet p");
  return words ? words.textContent : "The connection broke off. Nothing of this file was imported; send it again.";
}

function sendingItem(list, file) {
  const item = document.createElement("li");
  const name = document.createElement("b");
  const words = document.createElement("p");
  const bar = document.createElement("progress");
  name.textContent = file.name;
  words.className = "small soft";
  words.textContent = "Waiting to be sent.";
  bar.setAttribute("aria-label", file.name);
  bar.max = 1;
  bar.value = 0;
  item.append(name, bar, words);
  list.append(item);
  return {
    progress(sent, all) {
      bar.max = all;
      bar.value = sent;
      words.textContent = sent < all ? Math.floor((100 * sent) / all) + "\u2009% sent" : "Sent; being noted.";
    },
    sent() { item.remove(); },
    refused(why) {
      bar.remove();
      words.className = "bad";
      words.textContent = why;
    },
  };
}

async function upload(event) {
  const form = event.target;
  const input = form.querySelector("input[type=file]");
  if (!input.files.length) return;
  event.preventDefault();
  const list = form.querySelector("[data-sending]");
  const button = form.querySelector("button");
  const account = [...new FormData(form)].filter(([name]) => name !== "files");
  list.replaceChildren();
  list.hidden = false;
  button.disabled = true;
  const files = [...input.files].map((file) => ({ file, item: sendingItem(list, file) }));
  let refused = 0;
  for (const { file, item } of files) {
    const { good, page } = await send(form, file, account, item.progress);
    if (good) {
      item.sent();
      show(page);
    } else {
      refused += 1;
      item.refused(reason(page));
    }
  }
  button.disabled = false;
  form.reset();
  // A first file may have made the account: the form then offers it.
  if (refused === 0) location.assign(form.action);
}

function drops(zone) {
  const input = zone.querySelector("input[type=file]");
  const over = (event) => { event.preventDefault(); zone.classList.add("over"); };
  zone.addEventListener("dragenter", over);
  zone.addEventListener("dragover", over);
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

// Puts the part of a fresh page that may have changed in place of the old one.
function show(page) {
  const old = document.querySelector("[data-live]");
  const fresh = page && page.querySelector("[data-live]");
  if (!old || !fresh) return;
  const focused = document.activeElement && old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  renew();
}

let renewal = 0;
function renew() {
  clearTimeout(renewal);
  if (!document.querySelector("[data-live][data-again]")) return;
  renewal = setTimeout(async () => {
    try {
      const answer = await fetch(location.href);
      if (!answer.ok || answer.redirected) return;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      renew();
    }
  }, 700);
}

// A part that takes longer than its page comes after it, from a page of its own; until then, and without script,
// there is a link to that page.
async function fill(part) {
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.part);
    if (!answer.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-whole]");
    if (!found) return;
    // Whoever stands on the link is not thrown back to the top of the page.
    const focused = part.contains(document.activeElement);
    part.replaceWith(found);
    if (focused) found.querySelector("a")?.focus();
  } catch {
    // The link stays.
  } finally {
    part.removeAttribute("aria-busy");
  }
}

// One menu at a time; a click beside it or Escape closes it.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.scope[open], .bar details[open]")) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.scope[open], .bar details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Says the values of the column that is pointed at or reached by the arrow keys, below the chart.
function values(chart) {
  const shown = chart.parentElement.querySelector("[data-shown]");
  const columns = [...chart.querySelectorAll("a")];
  if (!shown || !columns.length) return;
  let at = -1;
  const say = (column) => {
    columns[at]?.classList.remove("shown");
    at = columns.indexOf(column);
    column.classList.add("shown");
    shown.textContent = column.querySelector("title").textContent;
  };
  shown.hidden = false;
  shown.setAttribute("aria-live", "polite");
  for (const column of columns) {
    column.addEventListener("pointerenter", () => say(column));
    column.addEventListener("focus", () => say(column));
  }
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = at < 0 ? columns.at(-1) : columns[Math.min(Math.max(at + step, 0), columns.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

// Bytes as WebAuthn's JSON writes them.
function toBytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function toText(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// Asks the browser for a new passkey, or for one that it has; gives the answer as JSON.
async function askPasskey(create, { publicKey }) {
  publicKey.challenge = toBytes(publicKey.challenge);
  for (const key of publicKey.excludeCredentials ?? publicKey.allowCredentials ?? []) key.id = toBytes(key.id);
  if (create) publicKey.user.id = toBytes(publicKey.user.id);
  const key = create ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[name]) response[name] = toText(key.response[name]);
  }
  return JSON.stringify({ id: key.id, rawId: toText(key.rawId), type: key.type, response, extensions: {} });
}

function passkey(form) {
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    const said = form.querySelector("[data-passkey-said]");
    said.textContent = "";
    if (!navigator.credentials || !window.PublicKeyCredential) {
      said.textContent = "This browser knows no passkeys.";
      return;
    }
    try {
      form.elements.answer.value = await askPasskey(form.dataset.passkey === "create", JSON.parse(form.dataset.options));
    } catch (error) {
      said.textContent = error.name === "InvalidStateError" ? "This device holds a passkey of yours for this site already." : "The browser gave no passkey: it was refused, or took too long. Try again.";
      return;
    }
    form.submit();
  });
}

for (const part of document.querySelectorAll("[data-part]")) fill(part);
for (const chart of document.querySelectorAll("[data-values]")) values(chart);
// On a narrow page a chart is wider than its frame: begin where its newest column is.
for (const chart of document.querySelectorAll(".chart:has([aria-current]), .chart:has(a[tabindex])")) chart.scrollLeft = chart.scrollWidth;
for (const form of document.querySelectorAll("form[data-upload]")) form.addEventListener("submit", upload);
for (const zone of document.querySelectorAll("[data-drop]")) drops(zone);
for (const form of document.querySelectorAll("form[data-passkey]")) passkey(form);
renew();

// A button pressed twice sends its form once: the second answer would speak of a form that was sent before.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (event.timeStamp - (sent.get(form) ?? -Infinity) < 2000) event.preventDefault();
  else sent.set(form, event.timeStamp);
});
