import { ChevronRight, CircleCheck, CircleHelp, CircleX } from 'lucide-react';
import { Link } from 'react-router';
import { Code } from '@/components/ui/code';
import { Pill } from '@/components/ui/status';
import { Ago, Time } from '@/components/ui/time';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { useSearchState } from '@/lib/search-state';
import { Headers, Label } from './headers';
import type { InboxMessage } from './queries';

function SignaturePill({ isValid }: { isValid: boolean | null }) {
  if (isValid === null)
    return (
      <Pill tone="mute" icon={<CircleHelp aria-hidden />}>
        Not signed
      </Pill>
    );
  return isValid ? (
    <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
      Signature valid
    </Pill>
  ) : (
    <Pill tone="bad" icon={<CircleX aria-hidden />}>
      Signature invalid
    </Pill>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function Details({ appId, message }: { appId: string; message: InboxMessage }) {
  const environment = useEnvironment();
  const { payment_id, event_type } = message;
  return (
    <div className="space-y-3 px-4 pb-4">
      <p className="flex flex-wrap gap-x-4 text-12 text-fg-2">
        <span>
          Received <Time iso={message.received_at} />
        </span>
        {payment_id && event_type !== 'webhook.test' && (
          <Link
            to={`/${environment}/payments/${payment_id}?app_id=${appId}`}
            className="font-mono text-brand underline-offset-2 hover:underline"
          >
            {payment_id}
          </Link>
        )}
      </p>
      <div>
        <Label>Body</Label>
        {message.body ? (
          <Code text={message.body} label="body">
            {readable(message.body)}
          </Code>
        ) : (
          <p className="text-12 text-fg-3">Empty</p>
        )}
      </div>
      <Headers headers={message.headers ?? {}} />
    </div>
  );
}

/** One message of an inbox; which one is open stands in the address. */
export function Message({ appId, message }: { appId: string; message: InboxMessage }) {
  const [state, set] = useSearchState(['message'] as const);
  const isOpen = state.message === message.message_id;
  return (
    <li className="border-t">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => set({ message: isOpen ? null : message.message_id }, { replace: true })}
        className="flex min-h-11 w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 text-left text-13 hover:bg-surface-2"
      >
        <ChevronRight
          aria-hidden
          className={cn('size-4 shrink-0 text-fg-3 transition-transform', isOpen && 'rotate-90')}
        />
        <span className="font-medium">{message.event_type ?? 'Unknown content'}</span>
        <SignaturePill isValid={message.is_signature_valid} />
        <span className="ml-auto text-12 text-fg-3">
          <Ago iso={message.received_at} />
        </span>
      </button>
      {isOpen && <Details appId={appId} message={message} />}
    </li>
  );
}
