import { Code } from '@/components/ui/code';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { useSecrets } from './secrets';
import { Listening } from './step';

/** A create request for a shell, ready to run but for a key that nobody can show again. */
export const curlOf = (baseUrl: string, key: string): string =>
  [
    `curl ${baseUrl}/api/payments/create \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"amount": 5, "currency": "COINS", "reference_id": "ORDER_1"}'`,
  ].join('\n');

export function FirstPayment({ environment, app }: { environment: Environment; app: App | undefined }) {
  const secrets = useSecrets();
  const isKnown = secrets !== null && secrets.app_id === app?.app_id;
  const key = isKnown ? secrets.api_key : environment === 'test' ? 'sk_test_…' : 'sk_live_…';
  return (
    <>
      <p>
        Run this in a terminal
        {isKnown
          ? `. It carries the key of ${secrets.name}.`
          : `, with the key of ${app?.name ?? 'your app'} in place of ${key}`}
        {!isKnown && '.'}
      </p>
      <Code className="sm:[&_pre]:whitespace-pre" text={curlOf(location.origin, key)} label="command" />
      <Listening>Waiting for your first payment. This page goes on by itself.</Listening>
    </>
  );
}
