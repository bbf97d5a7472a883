// What an app does with its key, as its own server would.
import { execFileSync } from 'node:child_process';

/** A payment made by curl itself, as the page that says how tells people to. */
export function curlPayment(url, key, fields = {}) {
  const body = JSON.stringify({
    amount: 500,
    currency: 'COINS',
    reference_id: 'ORDER_123',
    description: 'Event ticket',
    ...fields,
  });
  const args = [
    '-sS',
    '--fail-with-body',
    `${url}/api/payments/create`,
    '-H',
    `Authorization: Bearer ${key}`,
    '-H',
    'Content-Type: application/json',
    '-d',
    body,
  ];
  return JSON.parse(execFileSync('curl', args, { encoding: 'utf8' }));
}

export async function call(url, key, method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}
