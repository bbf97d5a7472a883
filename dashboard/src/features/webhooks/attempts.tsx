import { CornerDownRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { CodePill } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import { milliseconds, plural } from '@/lib/format';
import { useSearchState } from '@/lib/search-state';
import { exactMoment, useTimeZone } from '@/lib/time';
import { AttemptDetails } from './attempt-details';
import { clockSeconds } from './clock';
import { Countdown } from './countdown';
import { type Attempt, type DeliveryDetail, useSchedule } from './queries';
import { errorWord, scheduleWords } from './words';

/** What came of an attempt, for its pill. */
const outcomeOf = ({ response, error }: Attempt): number | string =>
  response?.status ?? (error ? errorWord(error) : 'no answer');

const isGood = ({ response }: Attempt): boolean =>
  !!response && response.status >= 200 && response.status < 300;

/** Whether the schedule made an attempt or somebody asked for it; earlier than the schedule means asked for. */
function triggerOf(delivery: DeliveryDetail, at: number, delays: number[] | null): string {
  const [attempt, before] = [delivery.attempts_log[at], delivery.attempts_log[at - 1]];
  if (!before || !attempt) return delivery.cause === 'event' ? 'automatic' : 'by hand';
  const waited = Date.parse(attempt.started_at) - Date.parse(before.started_at) - before.duration_ms;
  const due = delays?.[at - 1];
  return due !== undefined && waited < due * 1_000 - 500 ? 'by hand, early' : 'automatic';
}

function Node({ tone, children }: { tone: string; children: ReactNode }) {
  return (
    <li className="relative pb-3 pl-6">
      <span
        aria-hidden
        className="absolute top-2 bottom-[-8px] left-[5px] w-px bg-line in-[li:last-child]:hidden"
      />
      <span
        aria-hidden
        className={cn(
          'absolute top-2 left-0 size-[11px] pointer-coarse:top-4 rounded-full ring-3 ring-surface',
          tone,
        )}
      />
      {children}
    </li>
  );
}

function AttemptNode({
  delivery,
  at,
  appId,
  isOpen,
  toggle,
  trigger,
}: {
  delivery: DeliveryDetail;
  at: number;
  appId: string;
  isOpen: boolean;
  toggle: () => void;
  trigger: string;
}) {
  const zone = useTimeZone();
  const attempt = delivery.attempts_log[at];
  if (!attempt) return null;
  const id = `attempt-${attempt.attempt_number}`;
  return (
    <Node tone={isGood(attempt) ? 'bg-ok' : 'bg-bad'}>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={toggle}
        className="-mx-2 flex min-h-7 w-[calc(100%+16px)] items-center gap-2 rounded-control px-2 text-left text-13 hover:bg-surface-2 pointer-coarse:min-h-11"
      >
        <CodePill code={outcomeOf(attempt)} />
        <span className="whitespace-nowrap">Attempt {attempt.attempt_number}</span>
        <span className="truncate text-12 text-fg-3 max-sm:hidden">{trigger}</span>
        <span
          className="ml-auto text-12 whitespace-nowrap text-fg-2 tabular-nums"
          title={exactMoment(attempt.started_at, zone)}
        >
          {milliseconds(attempt.duration_ms)}, {clockSeconds(attempt.started_at, zone)}
        </span>
      </button>
      {isOpen && (
        <div id={id} className="mt-2">
          <AttemptDetails
            appId={appId}
            delivery={delivery}
            attempt={attempt}
            before={delivery.attempts_log[at - 1]}
          />
        </div>
      )}
    </Node>
  );
}

function Waiting({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <Node tone="border-2 border-warn bg-surface">
      <p className="flex min-h-7 items-center gap-2 text-13">
        Attempt {delivery.attempts + 1}
        <span className="text-12 text-fg-3">{delivery.attempts === 0 ? 'on its way' : 'waits'}</span>
        <span className="ml-auto text-12 text-fg-2">
          <Countdown row={delivery} />
        </span>
      </p>
    </Node>
  );
}

/** Every attempt, the newest first; the open one stands in the address, and the newest is open until another is. */
export function Attempts({ appId, delivery }: { appId: string; delivery: DeliveryDetail }) {
  const [state, set] = useSearchState(['attempt', 'part', 'cursor'] as const);
  const schedule = useSchedule();
  const log = delivery.attempts_log;
  const open = state.attempt === undefined ? (log.at(-1)?.attempt_number ?? 0) : Number(state.attempt);
  const toggle = (number: number) =>
    set({ attempt: String(open === number ? 0 : number), cursor: state.cursor }, { replace: true });
  return (
    <section aria-label="Attempts">
      <div className="mb-3 flex items-baseline justify-between gap-3">
        <h2 className="text-13 font-semibold">Webhook delivery</h2>
        <span className="text-12 text-fg-3">{plural(log.length, 'attempt')}</span>
      </div>
      <ol>
        {delivery.status === 'PENDING' && <Waiting delivery={delivery} />}
        {log
          .map((attempt, at) => (
            <AttemptNode
              key={attempt.attempt_number}
              delivery={delivery}
              at={at}
              appId={appId}
              isOpen={open === attempt.attempt_number}
              toggle={() => toggle(attempt.attempt_number)}
              trigger={triggerOf(delivery, at, schedule.isKnown ? schedule.delays : null)}
            />
          ))
          .reverse()}
      </ol>
      {log.length === 0 && delivery.status !== 'PENDING' && (
        <p className="text-13 text-fg-2">Nothing was sent, or its attempts are past what the log keeps.</p>
      )}
      {delivery.cause !== 'test' && (
        <p className="mt-1 flex items-start gap-2 text-12 text-fg-3">
          <CornerDownRight aria-hidden className="mt-0.5 size-3.5 shrink-0" />
          Schedule: {scheduleWords(schedule.delays)}
        </p>
      )}
    </section>
  );
}
