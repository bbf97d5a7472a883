// Filters live in the address, so that a copied link shows the same.
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export type SearchState<K extends string> = Partial<Record<K, string>>;

/** The named parameters of the address and how to change some; another filter begins at the first page again. */
export function useSearchState<K extends string>(
  names: readonly K[],
): [
  SearchState<K>,
  (changes: SearchState<K> | Partial<Record<K, string | null>>, options?: { replace?: boolean }) => void,
] {
  const [params, setParams] = useSearchParams();
  const state: SearchState<K> = {};
  for (const name of names) {
    const value = params.get(name);
    if (value) state[name] = value;
  }
  const set = useCallback(
    (changes: Partial<Record<K, string | null | undefined>>, options?: { replace?: boolean }) => {
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (!('cursor' in changes)) next.delete('cursor');
          for (const [name, value] of Object.entries(changes) as [string, string | null | undefined][]) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: options?.replace ?? false },
      );
    },
    [setParams],
  );
  return [state, set];
}
