// The service worker of the hosted page: keeps the page, so that it opens without a network, and fetches nothing else.
// Its name changes with the page, so that a new version replaces the old one.

const KEPT = "plimsoll-{{version}}";
const FILES = ["./", "manifest.webmanifest", "icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("plimsoll-") && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const kept = caches.match(event.request, { ignoreSearch: true });
  // What is kept is shown at once; a new version comes with the next visit.
  event.respondWith(kept.then((response) => response ?? fetch(event.request)));
});
