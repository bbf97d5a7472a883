// What the form of a new payment says, as the API takes it.

export type Draft = {
  appId: string;
  amount: string;
  currency: string;
  reference: string;
  description: string;
  expiresIn: string;
  metadata: string;
  returnUrl: string;
};

/** `key=value` lines as an object; the first line that is none is named. */
export function parseMetadata(text: string): { value: Record<string, string>; problem?: string } {
  const value: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (!line.trim()) continue;
    const at = line.indexOf('=');
    const key = line.slice(0, at).trim();
    if (at < 1 || !key) return { value, problem: `"${line.trim()}" is no key=value.` };
    if (Object.hasOwn(value, key)) return { value, problem: `"${key}" stands there twice.` };
    value[key] = line.slice(at + 1).trim();
  }
  return { value };
}

/** The body of the request. An amount is sent as it was typed: text is exact. */
export function bodyOf(draft: Draft) {
  const metadata = parseMetadata(draft.metadata).value;
  return {
    amount: draft.amount.trim(),
    currency: draft.currency.trim().toUpperCase(),
    ...(draft.reference.trim() && { reference_id: draft.reference.trim() }),
    ...(draft.description.trim() && { description: draft.description.trim() }),
    expires_in: Number(draft.expiresIn),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(draft.returnUrl.trim() && { return_url: draft.returnUrl.trim() }),
  };
}

/** A key that no other request has. `crypto.randomUUID` is missing where the page came without https. */
export function freshKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The same key for the same request, so that trying again cannot make a second payment. */
export function keeper(): (request: string) => string {
  let kept = { request: '', key: '' };
  return (request) => {
    if (kept.request !== request || !kept.key) kept = { request, key: freshKey() };
    return kept.key;
  };
}
