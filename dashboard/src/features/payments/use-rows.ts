// The keyboard and the selection on the list: j and k go from row to row, x selects, c copies the id.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { copyText } from '@/lib/clipboard';
import { useKeys } from '@/lib/keys';
import type { Payment } from './queries';

const linkOf = (paymentId: string): HTMLElement | null =>
  document.querySelector(`[data-record="${CSS.escape(paymentId)}"]`);
const focused = (): string | undefined =>
  document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row;

/** Something that is told for a moment. */
function useTold(): [string | undefined, (text: string) => void] {
  const [told, tell] = useState<string>();
  useEffect(() => {
    if (!told) return;
    const timer = setTimeout(() => tell(undefined), 1_600);
    return () => clearTimeout(timer);
  }, [told]);
  return [told, tell];
}

/** The focus comes back to the row whose record was closed. */
function useFocusBack(openId: string | undefined): void {
  const former = useRef(openId);
  useEffect(() => {
    if (former.current && !openId) linkOf(former.current)?.focus({ preventScroll: true });
    former.current = openId;
  }, [openId]);
}

export function useRows(
  payments: Payment[] | undefined,
  openId: string | undefined,
  hrefOf: (payment: Payment) => string,
) {
  const navigate = useNavigate();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [copied, tellCopied] = useTold();
  const last = useRef<string>(undefined);

  const select = useCallback(
    (paymentId: string) =>
      setSelected((before) => {
        const next = new Set(before);
        if (!next.delete(paymentId)) next.add(paymentId);
        return next;
      }),
    [],
  );
  const selectAll = useCallback(
    () =>
      setSelected((before) => {
        const ids = payments?.map((row) => row.payment_id) ?? [];
        return ids.every((id) => before.has(id)) ? new Set() : new Set(ids);
      }),
    [payments],
  );
  const clear = useCallback(() => setSelected(new Set()), []);

  const step = useCallback(
    (by: 1 | -1) => {
      if (!payments?.length) return;
      const from = payments.findIndex((row) => row.payment_id === (openId ?? focused() ?? last.current));
      const to = payments[from < 0 ? 0 : Math.min(payments.length - 1, Math.max(0, from + by))];
      if (!to) return;
      last.current = to.payment_id;
      if (openId) navigate(hrefOf(to), { replace: true });
      const link = linkOf(to.payment_id);
      if (!openId) link?.focus();
      link?.closest('tr')?.scrollIntoView({ block: 'nearest' });
    },
    [payments, openId, navigate, hrefOf],
  );
  const current = useCallback(() => openId ?? focused(), [openId]);

  useKeys(
    useMemo(
      () => ({
        j: () => step(1),
        k: () => step(-1),
        ']': () => openId && step(1),
        '[': () => openId && step(-1),
        x: () => {
          const id = current();
          if (id) select(id);
        },
        c: () => {
          const id = current();
          if (id) void copyText(id).then((done) => done && tellCopied(id));
        },
      }),
      [step, openId, current, select, tellCopied],
    ),
  );
  useFocusBack(openId);
  const chosen = useMemo(
    () => payments?.filter((row) => selected.has(row.payment_id)) ?? [],
    [payments, selected],
  );
  return { selected, chosen, select, selectAll, clear, copied, step };
}
