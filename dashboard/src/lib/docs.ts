// The search of the documentation, which the gateway serves outside of the API's description.

export type DocsHit = { title: string; page_title: string; url: string; excerpt: string };

/** What the gateway takes. */
const QUERY_MAX_CHARS = 100;
const WAIT_MS = 5_000;

const isHit = (value: unknown): value is DocsHit => {
  const hit = value as Partial<DocsHit> | null;
  return (
    typeof hit?.title === 'string' &&
    typeof hit.page_title === 'string' &&
    typeof hit.url === 'string' &&
    // A page of this server, and nowhere else.
    hit.url.startsWith('/docs/')
  );
};

/** The headings that fit, the best first; throws when there is no answer. */
export async function searchDocs(query: string, signal: AbortSignal): Promise<DocsHit[]> {
  const q = [...query].slice(0, QUERY_MAX_CHARS).join('').trim();
  const answer = await fetch(`/docs/search?${new URLSearchParams({ q })}`, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
  });
  if (!answer.ok) throw new Error(`the search of the documentation answered ${answer.status}`);
  const { data } = (await answer.json()) as { data?: unknown };
  return Array.isArray(data) ? data.filter(isHit) : [];
}
