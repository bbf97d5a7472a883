// The columns of the list and which of them are shown.
import { useCallback, useMemo } from 'react';
import { Link } from 'react-router';
import { Id } from '@/components/ui/copy';
import { PaymentStatusPill } from '@/components/ui/status';
import { Time } from '@/components/ui/time';
import { cn } from '@/lib/cn';
import { amount } from '@/lib/format';
import { usePreference } from '@/lib/preferences';
import type { Payment } from './queries';

export type Cell = { payment: Payment; href: string; appName: string };

export type Column = {
  id: string;
  name: string;
  /** What it takes at least, px. */
  width: number;
  isOptional?: boolean;
  /** Never hidden. */
  isFirm?: boolean;
  className?: string;
  show: (cell: Cell) => React.ReactNode;
};

const none = <span className="text-fg-3">–</span>;
const truncated = 'w-full max-w-0 min-w-[120px] truncate';

export function Amount({ payment, className }: { payment: Payment; className?: string }) {
  return (
    <span className={cn('font-medium whitespace-nowrap tabular-nums', className)}>
      {amount(payment.amount)} {payment.currency}
    </span>
  );
}

export const COLUMNS: Column[] = [
  {
    id: 'amount',
    name: 'Amount',
    width: 124,
    isFirm: true,
    className: 'text-right',
    show: ({ payment }) => <Amount payment={payment} />,
  },
  {
    id: 'status',
    name: 'Status',
    width: 136,
    className: 'min-w-[136px]',
    show: ({ payment }) => <PaymentStatusPill status={payment.status} />,
  },
  {
    id: 'reference',
    name: 'Reference',
    width: 120,
    className: truncated,
    show: ({ payment, href }) =>
      payment.reference_id ? (
        <Link to={href} tabIndex={-1} title={payment.reference_id} className="hover:underline">
          {payment.reference_id}
        </Link>
      ) : (
        none
      ),
  },
  {
    id: 'id',
    name: 'Payment ID',
    width: 236,
    isFirm: true,
    className: 'whitespace-nowrap',
    show: ({ payment, href }) => (
      <Id id={payment.payment_id} label="payment id">
        <Link to={href} data-record={payment.payment_id} className="visited:text-fg-2 hover:underline">
          {payment.payment_id}
        </Link>
      </Id>
    ),
  },
  {
    id: 'app',
    name: 'App',
    width: 150,
    className: 'max-w-[180px] truncate',
    show: ({ appName }) => <span title={appName}>{appName || none}</span>,
  },
  {
    id: 'created',
    name: 'Created',
    width: 156,
    className: 'text-fg-2',
    show: ({ payment }) => <Time iso={payment.created_at} />,
  },
  {
    id: 'completed',
    name: 'Completed',
    width: 156,
    isOptional: true,
    className: 'text-fg-2',
    show: ({ payment }) => (payment.completed_at ? <Time iso={payment.completed_at} /> : none),
  },
  {
    id: 'expires',
    name: 'Expires',
    width: 156,
    isOptional: true,
    className: 'text-fg-2',
    show: ({ payment }) => <Time iso={payment.expires_at} />,
  },
  {
    id: 'transaction',
    name: 'Transaction ID',
    width: 244,
    isOptional: true,
    className: 'whitespace-nowrap',
    show: ({ payment }) =>
      payment.transaction_id ? <Id id={payment.transaction_id} label="transaction id" /> : none,
  },
  {
    id: 'description',
    name: 'Description',
    width: 180,
    isOptional: true,
    className: 'max-w-[240px] truncate',
    show: ({ payment }) =>
      payment.description ? <span title={payment.description}>{payment.description}</span> : none,
  },
  {
    id: 'failure',
    name: 'Failure code',
    width: 160,
    isOptional: true,
    className: 'font-mono text-12 whitespace-nowrap',
    show: ({ payment }) => payment.failure_code ?? none,
  },
];

/** The chosen columns, and how to show or hide one. */
export function useColumns() {
  const [kept, keep] = usePreference('paymentColumns');
  const chosen = useMemo(() => {
    const ids = kept.split(',').filter(Boolean);
    return COLUMNS.filter(({ id, isOptional, isFirm }) =>
      kept === '' ? !isOptional : isFirm || ids.includes(id),
    );
  }, [kept]);
  const toggle = useCallback(
    (id: string) => {
      const ids = new Set(chosen.map((column) => column.id));
      if (!ids.delete(id)) ids.add(id);
      keep(
        COLUMNS.filter((column) => ids.has(column.id))
          .map((column) => column.id)
          .join(','),
      );
    },
    [chosen, keep],
  );
  return { chosen, toggle, reset: () => keep('') };
}

/** What goes first when a pane beside the list leaves less room. */
const GIVE_WAY = [
  'failure',
  'description',
  'transaction',
  'expires',
  'completed',
  'created',
  'app',
  'reference',
];

export const widthOf = (columns: Column[]): number => columns.reduce((sum, { width }) => sum + width, 0);

/** The columns that fit into a width; ids are the last to go. */
export function fitting(columns: Column[], width: number): Column[] {
  let left = columns;
  for (const id of GIVE_WAY) {
    if (widthOf(left) <= width) break;
    left = left.filter((column) => column.id !== id);
  }
  return left;
}
