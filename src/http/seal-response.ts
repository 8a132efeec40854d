/** What holds for every answer: nothing is cached or taken for what it is not, and a HEAD has no body. */
export async function sealResponse(response: Response, request: Request): Promise<Response> {
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (request.method !== "HEAD") return response;
  // A stream that nobody will read is ended, so that its watch is not left parked.
  await response.body?.cancel();
  return new Response(null, response);
}
