// The key and the secret of an app just made, in this tab's memory alone: gone with a reload, in no cache, no address.
import { useSyncExternalStore } from 'react';

export type Secrets = {
  app_id: string;
  name: string;
  api_key: string;
  webhook_secret: string;
  /** Whether its holder said that they are kept. */
  isStored: boolean;
};

let held: Secrets | null = null;
const listeners = new Set<() => void>();

export function hold(secrets: Secrets | null): void {
  held = secrets;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useSecrets = (): Secrets | null => useSyncExternalStore(subscribe, () => held);

export const envFileOf = (secrets: Secrets, baseUrl: string): string =>
  [
    `# ${secrets.name.replace(/[\r\n]/g, ' ')}`,
    `ZENWALLET_URL=${baseUrl}`,
    `ZENWALLET_API_KEY=${secrets.api_key}`,
    `ZENWALLET_WEBHOOK_SECRET=${secrets.webhook_secret}`,
    '',
  ].join('\n');
