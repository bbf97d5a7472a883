import type { UseQueryResult } from '@tanstack/react-query';
import { Check, Terminal } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { CopyButton, useCopy } from '@/components/ui/copy';
import { Alert, Skeleton } from '@/components/ui/states';
import { curlOf } from './curl';
import { Headers, Label } from './headers';
import type { Attempt, EventObject } from './queries';
import { canonical, contentOf } from './signature';

function CurlButton({ text }: { text: string }) {
  const [copied, copy] = useCopy();
  return (
    <Button size="small" onClick={() => copy(text)}>
      {copied ? <Check aria-hidden /> : <Terminal aria-hidden />}
      <span role="status">{copied ? 'Copied' : 'Copy as curl'}</span>
    </Button>
  );
}

function Body({ event, exactBody }: { event: UseQueryResult<EventObject>; exactBody: string | null }) {
  if (exactBody !== null) return <Code text={exactBody} label="body" />;
  if (event.error) return <Alert>The event’s content cannot be shown: {event.error.message}</Alert>;
  if (!event.data) return <Skeleton className="h-24" />;
  const text = JSON.stringify(contentOf(event.data), null, 2);
  return <Code text={text} label="body" />;
}

/** What was sent. The log keeps the body's hash; its content is the event's. */
export function RequestPart({
  url,
  attempt,
  event,
  exactBody,
}: {
  url: string;
  attempt: Attempt;
  event: UseQueryResult<EventObject>;
  exactBody: string | null;
}) {
  const { headers, body_sha256 } = attempt.request;
  const body = exactBody ?? (event.data ? canonical(contentOf(event.data)) : '');
  if (body_sha256 === '')
    return <p className="text-13 text-fg-2">Nothing was sent: the attempt ended before.</p>;
  return (
    <div className="space-y-3">
      <div className="flex items-start justify-between gap-3">
        <p className="min-w-0 font-mono text-12 break-all">
          <b className="font-semibold">POST</b> {url}
        </p>
        <CurlButton text={curlOf(url, headers, body)} />
      </div>
      <Headers headers={headers} />
      <div>
        <Label>Body</Label>
        <Body event={event} exactBody={exactBody} />
        <p className="mt-1.5 flex items-center gap-1 text-12 text-fg-3">
          <span className="truncate">
            SHA-256 <span className="font-mono">{body_sha256}</span>
          </span>
          <CopyButton text={body_sha256} label="SHA-256" />
        </p>
        <p className="text-12 text-fg-3">
          {exactBody !== null
            ? 'These are the bytes that were sent: their SHA-256 is the one above.'
            : 'The log keeps the hash alone. This is the event’s content; what was sent is the same as canonical JSON with one more member, signature. To compare the bytes, paste the secret under Signature.'}
        </p>
      </div>
    </div>
  );
}
