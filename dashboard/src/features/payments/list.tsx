// The table of payments in the room it has.
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { Skeleton } from '@/components/ui/states';
import { Td, Th } from '@/components/ui/table';
import { useAppName } from '@/lib/apps';
import { cn } from '@/lib/cn';
import { useEnvironment } from '@/lib/environment';
import { type Column, fitting, useColumns, widthOf } from './columns';
import type { Payment } from './queries';
import { NarrowRow, Row, SelectBox } from './rows';

const BOX = 40;
/** Below this width a row takes two lines. */
const NARROW = 500;
/** And with an id on the second one from here on. */
const WITH_ID = 430;

/** Under the head, also where rows pass below it. */
const line = 'shadow-[0_1px_0_var(--line)]';

/** The width of an element, followed; unknown is endless. */
function useWidth(): [RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth || Number.POSITIVE_INFINITY);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

type Props = {
  payments: Payment[] | undefined;
  hrefOf: (payment: Payment) => string;
  openId: string | undefined;
  selected: ReadonlySet<string>;
  onSelect: (paymentId: string) => void;
  onSelectAll: () => void;
  tinted: ReadonlySet<string>;
  isStale: boolean;
};

export function PaymentTable(props: Props) {
  const { payments, openId, selected, isStale } = props;
  const { chosen } = useColumns();
  const nameOf = useAppName();
  const [ref, width] = useWidth();
  const isNarrow = width < NARROW;
  const isSelecting = !!payments?.some((row) => selected.has(row.payment_id));
  const hasBoxes = !isNarrow && (!openId || isSelecting);
  // Beside an open record the list gives way; by itself it scrolls if more columns were asked for than fit.
  const room = width - 2 - (hasBoxes ? BOX : 0);
  const shown = openId ? fitting(chosen, room) : chosen;
  const isWide = widthOf(shown) > room;
  return (
    <div
      ref={ref}
      aria-busy={isStale || undefined}
      className={cn(
        'rounded-card border bg-surface shadow-1 transition-opacity',
        isWide && !isNarrow ? 'overflow-x-auto' : 'overflow-clip',
        isStale && 'opacity-60',
      )}
    >
      <table className="w-full border-separate border-spacing-0 text-13">
        <caption className="sr-only">Payments, newest first</caption>
        <Head {...{ ...props, columns: shown, isNarrow, hasBoxes }} />
        <tbody>
          {payments
            ? payments.map((payment) => {
                const each = {
                  payment,
                  href: props.hrefOf(payment),
                  appName: nameOf(payment.app_id),
                  columns: shown,
                  isOpen: payment.payment_id === openId,
                  isSelected: selected.has(payment.payment_id),
                  isTinted: props.tinted.has(payment.payment_id),
                  hasBoxes,
                  onSelect: props.onSelect,
                };
                return isNarrow ? (
                  <NarrowRow key={payment.payment_id} {...each} hasId={width >= WITH_ID} />
                ) : (
                  <Row key={payment.payment_id} {...each} />
                );
              })
            : SHAPES.map((row) => (
                <Shape key={row} cells={isNarrow ? 1 : shown.length + (hasBoxes ? 1 : 0)} />
              ))}
        </tbody>
      </table>
      {!payments && (
        <span role="status" className="sr-only">
          Loading payments
        </span>
      )}
    </div>
  );
}

type HeadProps = Pick<Props, 'payments' | 'selected' | 'onSelectAll'> & {
  columns: Column[];
  isNarrow: boolean;
  hasBoxes: boolean;
};

function Head({ payments, columns, selected, onSelectAll, isNarrow, hasBoxes }: HeadProps) {
  // The head sticks below the page's own, which is higher by the strip of test mode.
  const isUnderStrip = useEnvironment() === 'test';
  return (
    <thead className={isNarrow ? 'sr-only' : cn('sticky z-10', isUnderStrip ? 'top-[81px]' : 'top-[57px]')}>
      <tr>
        {hasBoxes && (
          <Th className={cn(line, 'w-10 pr-0')}>
            <SelectBox
              label="Select the page"
              checked={!!payments?.length && payments.every((row) => selected.has(row.payment_id))}
              onChange={onSelectAll}
            />
          </Th>
        )}
        {isNarrow ? (
          <Th>Payment</Th>
        ) : (
          columns.map((column) => (
            <Th
              key={column.id}
              className={cn(line, column.className?.includes('text-right') && 'text-right')}
            >
              {column.name}
            </Th>
          ))
        )}
      </tr>
    </thead>
  );
}

const SHAPES = Array.from({ length: 12 }, (_, row) => row);

function Shape({ cells }: { cells: number }) {
  return (
    <tr>
      {SHAPES.slice(0, cells).map((cell) => (
        <Td key={cell}>
          <Skeleton className="h-4" />
        </Td>
      ))}
    </tr>
  );
}
