/** A parameter of the URL; null if there is none. Most URLs have no parameters at all, and need no parsing. */
export function parameter(request: Request, name: string): string | null {
  return request.url.includes("?") ? new URL(request.url).searchParams.get(name) : null;
}
