// Keys on their own, such as `j` or `/`. They rest while somebody types, holds a modifier or has a dialog open.
import { useEffect } from 'react';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

const PAIR_MS = 1_000;
let first: { key: string; at: number } | null = null;

/** Acts on keys: `j`, `?`, `Escape`, or two one after the other: `g p`. */
export function useKeys(actions: Record<string, (event: KeyboardEvent) => void>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target))
        return;
      if (document.querySelector('[role="dialog"][data-modal="true"]')) return;
      const pair = first && Date.now() - first.at < PAIR_MS ? `${first.key} ${event.key}` : null;
      const action = (pair && actions[pair]) || actions[event.key];
      if (Object.keys(actions).some((keys) => keys.startsWith(`${event.key} `)))
        first = { key: event.key, at: Date.now() };
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [actions]);
}
