export function BulkScreen(_: { readonly filter: object }) { return null; }
