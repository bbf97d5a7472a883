// One payment of the list: a row of cells, or two lines where there is little room.
import { type MouseEvent, memo } from 'react';
import { Link, useNavigate } from 'react-router';
import { PaymentStatusPill } from '@/components/ui/status';
import { Td } from '@/components/ui/table';
import { Ago } from '@/components/ui/time';
import { cn } from '@/lib/cn';
import { Amount, type Cell, type Column } from './columns';

export type RowProps = Cell & {
  columns: Column[];
  isOpen: boolean;
  isSelected: boolean;
  isTinted: boolean;
  hasBoxes: boolean;
  onSelect: (paymentId: string) => void;
};

/** A press anywhere on a row opens it, as its link does; text can still be marked, and Ctrl opens a tab. */
function usePress(href: string) {
  const navigate = useNavigate();
  return (event: MouseEvent) => {
    if (event.defaultPrevented || (event.target as Element).closest('a, button, input, label')) return;
    if (getSelection()?.toString()) return;
    if (event.ctrlKey || event.metaKey) open(href, '_blank', 'noopener');
    else navigate(href);
  };
}

const look = (isOpen: boolean, isSelected: boolean, isTinted: boolean) =>
  cn(
    'cursor-pointer transition-colors duration-120 hover:bg-surface-2 focus-within:bg-surface-2',
    isSelected && 'bg-surface-2',
    isOpen && 'bg-brand-soft hover:bg-brand-soft focus-within:bg-brand-soft',
    isTinted && 'animate-tint',
  );

export function SelectBox({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: () => void;
}) {
  return (
    <label className="grid size-6 place-items-center pointer-coarse:size-11">
      <input
        type="checkbox"
        aria-label={label}
        checked={checked}
        onChange={onChange}
        className="size-4 accent-(--brand)"
      />
    </label>
  );
}

export const Row = memo(function Row(props: RowProps) {
  const { payment, href, columns, isOpen, isSelected, isTinted, hasBoxes, onSelect } = props;
  const press = usePress(href);
  return (
    <tr
      onClick={press}
      aria-current={isOpen || undefined}
      data-row={payment.payment_id}
      className={look(isOpen, isSelected, isTinted)}
    >
      {hasBoxes && (
        <Td className="w-10 pr-0">
          <SelectBox
            label={`Select ${payment.reference_id ?? payment.payment_id}`}
            checked={isSelected}
            onChange={() => onSelect(payment.payment_id)}
          />
        </Td>
      )}
      {columns.map((column) => (
        <Td key={column.id} className={column.className}>
          {column.show(props)}
        </Td>
      ))}
    </tr>
  );
});

export const NarrowRow = memo(function NarrowRow(props: RowProps & { hasId: boolean }) {
  const { payment, href, appName, isOpen, isSelected, isTinted, hasId } = props;
  const press = usePress(href);
  return (
    <tr
      onClick={press}
      aria-current={isOpen || undefined}
      data-row={payment.payment_id}
      className={look(isOpen, isSelected, isTinted)}
    >
      <Td className="w-full max-w-0 py-2.5">
        <div className="flex items-center justify-between gap-3">
          <Amount payment={payment} className="truncate" />
          <PaymentStatusPill status={payment.status} className="shrink-0" />
        </div>
        <div className="mt-0.5 flex items-center justify-between gap-3 text-12 text-fg-2">
          <Link
            to={href}
            data-record={payment.payment_id}
            className={cn('truncate py-1', !payment.reference_id && 'font-mono')}
          >
            {payment.reference_id ?? payment.payment_id}
          </Link>
          {hasId && payment.reference_id ? (
            <span className="shrink-0 font-mono text-fg-3">{payment.payment_id}</span>
          ) : (
            <span className="flex shrink-0 gap-1.5 text-fg-3">
              <span className="max-w-28 truncate">{appName}</span>
              <span aria-hidden>·</span>
              <Ago iso={payment.created_at} />
            </span>
          )}
        </div>
      </Td>
    </tr>
  );
});
