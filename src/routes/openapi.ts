import document from "./openapi.json" with { type: "json" };
import { referencePage } from "./reference-page.ts";

/** `GET /openapi.json`: a description of the API, for generators of clients. It needs no token. */
export function serveDocument(): Response {
  return Response.json(document);
}

/**
 * `GET /docs`: the same for people, as a page that loads nothing else. Its style carries a nonce, so that
 * the browser accepts no other.
 */
export function serveReference(): Response {
  const nonce = crypto.randomUUID();
  return new Response(referencePage(document, nonce), {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "Referrer-Policy": "no-referrer",
    },
  });
}
