// What a person likes, kept in this browser.
import { useCallback, useSyncExternalStore } from 'react';

const DEFAULTS = {
  theme: 'system',
  density: 'comfortable',
  timeZone: 'local',
  paymentColumns: '',
  savedViews: '[]',
  codeLanguage: 'curl',
  onboarding: 'shown',
  developerTab: 'events',
};
export type Preference = keyof typeof DEFAULTS;

const listeners = new Set<() => void>();
const keyOf = (name: Preference): string => `zw_${name}`;

export function preference(name: Preference): string {
  try {
    return localStorage.getItem(keyOf(name)) ?? DEFAULTS[name];
  } catch {
    return DEFAULTS[name];
  }
}

export function setPreference(name: Preference, value: string): void {
  try {
    localStorage.setItem(keyOf(name), value);
  } catch {
    // A browser that keeps nothing forgets it at the next visit.
  }
  if (name === 'theme') {
    // biome-ignore lint/suspicious/noDocumentCookie: the server reads it to draw the first frame in the right colours
    document.cookie = `zw_theme=${value}; Path=/; Max-Age=31536000; SameSite=Lax`;
  }
  applyLook();
  for (const listener of listeners) listener();
}

/** Puts theme and density on the document. */
export function applyLook(): void {
  const theme = preference('theme');
  const isDark =
    theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  document.documentElement.dataset.density = preference('density');
}

export function watchLook(): void {
  applyLook();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyLook);
  addEventListener('storage', () => {
    applyLook();
    for (const listener of listeners) listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreference(name: Preference): [string, (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => preference(name));
  const set = useCallback((next: string) => setPreference(name, next), [name]);
  return [value, set];
}
