import { cva } from 'class-variance-authority';
import { CircleCheck, CircleDashed, CircleSlash, CircleX, Clock, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';

const tones = cva(
  'inline-flex h-5 items-center gap-1 rounded-full px-2 text-12 font-medium whitespace-nowrap [&_svg]:size-3 [&_svg]:stroke-2',
  {
    variants: {
      tone: {
        ok: 'bg-ok-soft text-ok',
        bad: 'bg-bad-soft text-bad',
        warn: 'bg-warn-soft text-warn',
        info: 'bg-info-soft text-info',
        mute: 'bg-mute-soft text-mute',
      },
    },
  },
);
export type Tone = 'ok' | 'bad' | 'warn' | 'info' | 'mute';

export function Pill({
  tone,
  icon,
  children,
  className,
}: {
  tone: Tone;
  icon?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span className={cn(tones({ tone }), className)}>
      {icon}
      {children}
    </span>
  );
}

const PAYMENT = {
  PENDING: { tone: 'info', Icon: Clock, word: 'Pending' },
  SUCCESS: { tone: 'ok', Icon: CircleCheck, word: 'Succeeded' },
  FAILED: { tone: 'bad', Icon: CircleX, word: 'Failed' },
  EXPIRED: { tone: 'mute', Icon: CircleDashed, word: 'Expired' },
} as const;
export type PaymentStatus = keyof typeof PAYMENT;

/** A payment's status: icon, word and colour. */
export function PaymentStatusPill({ status, className }: { status: PaymentStatus; className?: string }) {
  const { tone, Icon, word } = PAYMENT[status];
  return (
    <Pill tone={tone} icon={<Icon aria-hidden />} className={className}>
      {word}
    </Pill>
  );
}

/** A delivery's status; one that waits after an attempt is retrying. */
export function DeliveryStatusPill({
  status,
  attempts,
}: {
  status: 'PENDING' | 'DELIVERED' | 'FAILED' | 'CANCELED';
  attempts: number;
}) {
  if (status === 'DELIVERED')
    return (
      <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
        Delivered
      </Pill>
    );
  if (status === 'FAILED')
    return (
      <Pill tone="bad" icon={<CircleX aria-hidden />}>
        Failed
      </Pill>
    );
  if (status === 'CANCELED')
    return (
      <Pill tone="mute" icon={<CircleSlash aria-hidden />}>
        Canceled
      </Pill>
    );
  if (attempts > 0)
    return (
      <Pill tone="warn" icon={<RotateCw aria-hidden />}>
        Retrying
      </Pill>
    );
  return (
    <Pill tone="info" icon={<Clock aria-hidden />}>
      Scheduled
    </Pill>
  );
}

/** What a receiver answered, or the word for why it did not. */
export function CodePill({ code }: { code: number | string }) {
  const isOk = typeof code === 'number' && code >= 200 && code < 300;
  return (
    <span
      className={cn(
        'rounded-[4px] px-1.5 py-px font-mono text-12',
        isOk ? 'bg-ok-soft text-ok' : 'bg-bad-soft text-bad',
      )}
    >
      {code}
    </span>
  );
}
