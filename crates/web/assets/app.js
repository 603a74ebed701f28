// Adds to pages that work without it: progress of uploads, lists that renew themselves, menus that close.
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

// On a narrow page a chart is wider than its frame: begin where its newest column is.
for (const chart of document.querySelectorAll(".chart:has([aria-current])")) chart.scrollLeft = chart.scrollWidth;
for (const form of document.querySelectorAll("form[data-upload]")) form.addEventListener("submit", upload);
for (const zone of document.querySelectorAll("[data-drop]")) drops(zone);
renew();
