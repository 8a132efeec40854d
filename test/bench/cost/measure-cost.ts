/** Measures what the service would cost on Cloudflare. */
export async function measureCost(_args: readonly string[]): Promise<void> {
  throw new Error("not here yet");
}
