// One socket follows the logs of the person's apps. Events refresh what is on the screen; whoever wants more listens.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { Socket } from 'socket.io-client';
import type { Schemas } from './api';

export type LiveEvent = Schemas['EventObject'];
export type LiveState = 'on' | 'connecting' | 'paused' | 'idle';
type Listener = (event: LiveEvent, appId: string) => void;

/** Most apps that one socket follows; the gateway's limit. */
const APPS_MAX = 20;
const TYPES = [
  'payment.created',
  'payment.success',
  'payment.failed',
  'payment.expired',
  'webhook.test',
  'webhook.disabled',
];
/** What an event may have changed: the first words of query keys. */
const CHANGED = [
  'payments',
  'analytics',
  'deliveries',
  'queue',
  'timeline',
  'endpoints',
  'inbox',
  'activity',
];
const GATHER_MS = 250;
const HIDDEN_MS = 60_000;

const listeners = new Set<Listener>();
const watchers = new Set<() => void>();
let state: LiveState = 'connecting';
let isPaused = false;

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const watcher of watchers) watcher();
}

/** Follows apps from now on; answers how to stop. The places in their logs are kept, so a break loses nothing. */
function follow(appIds: string[], queries: QueryClient): () => void {
  const places: Record<string, number | null> = Object.fromEntries(
    appIds.slice(0, APPS_MAX).map((id) => [id, null]),
  );
  let socket: Socket | undefined;
  let isOver = false;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let hiddenAt = 0;

  const refresh = () => {
    gathering = undefined;
    void queries.invalidateQueries({ predicate: ({ queryKey }) => CHANGED.includes(String(queryKey[0])) });
  };
  const hear = (event: LiveEvent, appId: string) => {
    const before = places[appId];
    if (before != null && event.seq <= before) return;
    places[appId] = event.seq;
    if (isPaused) return;
    for (const listener of listeners) listener(event, appId);
    gathering ??= setTimeout(refresh, GATHER_MS);
  };
  const onVisible = () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > HIDDEN_MS) refresh();
  };

  // Loaded after the first paint: the page is there before its socket.
  void import('socket.io-client').then(({ io }) => {
    if (isOver) return;
    const opened = io('/dashboard', {
      transports: ['websocket', 'polling'],
      auth: (give) => give({ apps: places }),
      reconnectionDelayMax: 5_000,
    });
    socket = opened;
    opened.on('connect', () => {
      setState('on');
      refresh();
    });
    opened.on('ready', (ready: { app_id: string; after_seq: number }) => {
      places[ready.app_id] ??= ready.after_seq;
    });
    opened.on('disconnect', (reason) => {
      setState('connecting');
      // Ended by the server: the session may have gone. The next request finds out; the socket tries again.
      if (reason === 'io server disconnect') setTimeout(() => !isOver && opened.connect(), 2_000);
    });
    opened.on('connect_error', () => {
      setState('connecting');
      // An access token that ended is renewed by any request.
      if (!opened.active) {
        void queries.invalidateQueries({ queryKey: ['account'] });
        setTimeout(() => !isOver && opened.connect(), 3_000);
      }
    });
    for (const type of TYPES) opened.on(type, hear);
  });
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    isOver = true;
    clearTimeout(gathering);
    document.removeEventListener('visibilitychange', onVisible);
    socket?.disconnect();
    setState('connecting');
  };
}

/** Keeps the page live with these apps; used once, by the shell. */
export function useFollow(appIds: string[] | undefined): void {
  const queries = useQueryClient();
  const key = appIds?.slice().sort().join(',');
  useEffect(() => {
    if (key === '') setState('idle');
    if (!key) return;
    return follow(key.split(','), queries);
  }, [key, queries]);
}

/** Hears every event as it comes. */
export function useLiveEvents(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [listener]);
}

const subscribe = (watcher: () => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

export const useLiveState = (): LiveState =>
  useSyncExternalStore(subscribe, () => (isPaused ? 'paused' : state));

export function toggleLive(): void {
  isPaused = !isPaused;
  for (const watcher of watchers) watcher();
}
