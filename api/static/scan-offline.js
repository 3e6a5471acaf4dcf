// Keeps the scan page, so that it opens without a network: the page as a stranger sees it, its styles, its script and the module that reads codes.
// The network comes first wherever there is one; nothing but these files is ever answered from here, and nothing of anybody's records is kept.
"use strict";

const CACHE = "suyuan-scan-1";

async function keep({ page, files }) {
  const cache = await caches.open(CACHE);
  const wanted = new Set([...files, new URL(page, self.location.href).href]);
  for (const old of await cache.keys()) {
    if (!wanted.has(old.url)) await cache.delete(old);
  }
  // Without cookies: on a phone that several people use, the kept page is nobody's.
  await Promise.all(
    [...wanted].map(async (address) => {
      const answer = await fetch(address, { credentials: "omit", cache: "no-cache" });
      if (answer.ok) await cache.put(address, answer);
    }),
  );
  const clients = await self.clients.matchAll();
  for (const client of clients) client.postMessage({ kept: wanted.size });
}

async function answer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(CACHE);
    // A list of codes (`?code=`) is a question to the server; without one the page itself opens.
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate", ignoreVary: true });
    if (kept === undefined) throw error;
    return kept;
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(keep(event.data)));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && new URL(request.url).origin === self.location.origin) {
    event.respondWith(answer(request));
  }
});
