// A service worker that makes the page cross-origin isolated on a host whose headers one cannot set: see docs/browsers.md.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  // What comes from another origin without leave to be read cannot be given headers.
  if (request.mode === "no-cors" && new URL(request.url).origin !== location.origin) return;
  event.respondWith(isolated(request));
});

async function isolated(request) {
  const response = await fetch(request);
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}
