/** Is it up? */
export function ping(): Response {
  return Response.json({ message: "pong" });
}
