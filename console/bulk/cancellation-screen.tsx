export function CancellationScreen(_: { readonly id: string }) { return null; }
