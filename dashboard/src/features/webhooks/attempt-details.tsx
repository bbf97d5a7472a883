import { useQuery } from '@tanstack/react-query';
import { Tabs } from 'radix-ui';
import { useState } from 'react';
import { useSearchState } from '@/lib/search-state';
import { RequestPart } from './attempt-request';
import { ResponsePart } from './attempt-response';
import { SignaturePart } from './attempt-signature';
import { type Attempt, type Delivery, eventQuery } from './queries';

const PARTS = ['request', 'response', 'signature'] as const;
const NAMES = { request: 'Request', response: 'Response', signature: 'Signature' };

/** One attempt: what was sent, what came back, and how it was signed. */
export function AttemptDetails({
  appId,
  delivery,
  attempt,
  before,
}: {
  appId: string;
  delivery: Pick<Delivery, 'event_id' | 'url'>;
  attempt: Attempt;
  before?: Attempt | undefined;
}) {
  const [{ part, cursor }, set] = useSearchState(['part', 'cursor'] as const);
  const event = useQuery(eventQuery(appId, delivery.event_id));
  // The body as it was sent, byte for byte: known once a secret has rebuilt it.
  const [exactBody, setExactBody] = useState<string | null>(null);
  const current = PARTS.find((name) => name === part) ?? 'response';
  return (
    <Tabs.Root
      value={current}
      onValueChange={(next) => set({ part: next === 'response' ? null : next, cursor }, { replace: true })}
      className="rounded-popover border"
    >
      <Tabs.List aria-label={`Attempt ${attempt.attempt_number}`} className="flex gap-1 border-b px-2">
        {PARTS.map((name) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="-mb-px h-8 border-b-2 border-transparent px-2 text-12 font-medium text-fg-2 hover:text-fg data-[state=active]:border-brand data-[state=active]:text-fg pointer-coarse:h-11"
          >
            {NAMES[name]}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="request" className="p-3">
        <RequestPart url={delivery.url} attempt={attempt} event={event} exactBody={exactBody} />
      </Tabs.Content>
      <Tabs.Content value="response" className="p-3">
        <ResponsePart attempt={attempt} before={before} />
      </Tabs.Content>
      <Tabs.Content value="signature" className="p-3">
        <SignaturePart attempt={attempt} event={event.data} exactBody={exactBody} onBody={setExactBody} />
      </Tabs.Content>
    </Tabs.Root>
  );
}
