import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { CodePill } from '@/components/ui/status';
import { Time, useNow } from '@/components/ui/time';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { milliseconds } from '@/lib/format';
import { relative } from '@/lib/time';
import { deliveriesQuery, type Payment, type TimelineEntry, timelineQuery } from './queries';
import { type DueEntry, dueOf, errorWord, isDueLater, wordsOf } from './timeline';

const isGood = (entry: TimelineEntry): boolean =>
  entry.http_status != null
    ? entry.http_status >= 200 && entry.http_status < 300
    : /success|completed/.test(entry.kind);
const isBad = (entry: TimelineEntry): boolean =>
  !!entry.error || (entry.http_status != null && !isGood(entry)) || /failed|canceled/.test(entry.kind);

function Entry({ entry, appId }: { entry: TimelineEntry; appId: string }) {
  const environment = useEnvironment();
  const actor = entry.actor?.type === 'system' ? null : (entry.actor?.name ?? entry.actor?.type);
  const by = [actor, entry.address].filter(Boolean).join(', ');
  const code = entry.http_status ?? (entry.error ? errorWord(entry.error) : null);
  const text = wordsOf(entry);
  return (
    <li className="relative pb-4 pl-6 last:pb-0 not-last:before:absolute not-last:before:top-3 not-last:before:bottom-[-6px] not-last:before:left-[4px] not-last:before:w-px not-last:before:bg-line">
      <span
        aria-hidden
        className={cn(
          'absolute top-[6px] left-0 size-[9px] rounded-full',
          isBad(entry) ? 'bg-bad' : isGood(entry) ? 'bg-ok' : 'bg-line-strong',
        )}
      />
      <div className="flex items-start justify-between gap-3 text-13">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2">
            {code != null && <CodePill code={code} />}
            {entry.delivery_id ? (
              <Link
                to={`/${environment}/webhooks/${entry.delivery_id}?app_id=${appId}`}
                className="break-words hover:underline"
              >
                {text}
              </Link>
            ) : (
              <span className="break-words">{text}</span>
            )}
          </p>
          {by && <p className="text-12 text-fg-3">by {by}</p>}
        </div>
        <span className="shrink-0 text-12 leading-5 text-fg-2 tabular-nums">
          {entry.duration_ms != null && `${milliseconds(entry.duration_ms)}, `}
          <Time iso={entry.at} />
        </span>
      </div>
    </li>
  );
}

function Due({ entry }: { entry: DueEntry }) {
  const now = useNow();
  return (
    <li className="relative pb-3 pl-6 last:pb-0">
      <span
        aria-hidden
        className="absolute top-[6px] left-0 size-[9px] rounded-full border border-dashed border-line-strong"
      />
      <div className="flex items-start justify-between gap-3 text-13 text-fg-2">
        <span className="min-w-0 break-words">{entry.text}</span>
        <span className="shrink-0 text-12 leading-5 tabular-nums">{relative(entry.at, now)}</span>
      </div>
    </li>
  );
}

/** One line of causes: made, opened, ended by whom, told to whom, and what comes next. */
export function Timeline({ payment, appId }: { payment: Payment; appId: string }) {
  const environment = useEnvironment();
  const deliveries = useQuery(deliveriesQuery(environment, appId, payment.payment_id));
  const due = dueOf(payment, deliveries.data ?? []);
  const isWaiting = due.some(({ kind }) => kind === 'due.attempt');
  const told = useQuery(timelineQuery(environment, appId, payment.payment_id, isWaiting));
  if (told.isError) return <ErrorState error={told.error} retry={() => told.refetch()} className="py-4" />;
  const entries = told.data?.filter((entry) => !isDueLater(entry));
  if (!entries) return <SkeletonRows rows={3} className="p-0" />;
  return (
    <ol>
      {entries.map((entry) => (
        <Entry
          key={`${entry.at} ${entry.kind} ${entry.delivery_id} ${entry.attempt}`}
          entry={entry}
          appId={appId}
        />
      ))}
      {due
        .filter(({ at }) => at > (entries.at(-1)?.at ?? ''))
        .map((entry) => (
          <Due key={`${entry.kind} ${entry.delivery_id}`} entry={entry} />
        ))}
    </ol>
  );
}
