// Checks a webhook's signature as a receiver does, step by step, and names the mistake where one is likely. Everything
// stays in the browser.
import { duration } from '@/lib/format';

export type Check = { name: string; state: 'pass' | 'fail' | 'skip'; text: string };
export type Given = { headers: string; body: string; secret: string };
type Head = { id: string; sent: string; macs: Uint8Array<ArrayBuffer>[] };

const TOLERANCE_S = 300;
const encoder = new TextEncoder();

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

const fromHex = (text: string): Uint8Array<ArrayBuffer> | null =>
  /^([0-9a-f]{2})+$/i.test(text)
    ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    : null;

const isMac = (bytes: Uint8Array<ArrayBuffer> | null): bytes is Uint8Array<ArrayBuffer> =>
  bytes?.length === 32;

/** `X-ZenWallet-Signature`, or the three headers of Standard Webhooks one a line, with or without their names. */
export function readHeaders(text: string): Head | null {
  const own = /(?:^|[\s:])(t=\d+,\S+)/m.exec(text)?.[1];
  if (own) {
    const parts = own.split(',').map((part) => part.split('=') as [string, string | undefined]);
    const of = (name: string) => parts.filter(([key]) => key === name).map(([, value]) => value ?? '');
    return {
      id: of('id')[0] ?? '',
      sent: of('t')[0] ?? '',
      macs: of('v1').map(fromHex).filter(isMac),
    };
  }
  const line = (name: string) => new RegExp(`^\\s*webhook-${name}\\s*:\\s*(.+?)\\s*$`, 'im').exec(text)?.[1];
  const [id, sent, signatures] = [line('id'), line('timestamp'), line('signature')];
  if (!id || !sent || !signatures) return null;
  const macs = signatures
    .split(/\s+/)
    .filter((each) => each.startsWith('v1,'))
    .map((each) => fromBase64(each.slice(3)))
    .filter(isMac);
  return { id, sent, macs };
}

/** RFC 8785: members in the order of their names' UTF-16, no space, numbers as JavaScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`;
}

const keyOf = (bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);

async function matches(key: CryptoKey, head: Head, body: string): Promise<boolean> {
  const message = encoder.encode(`${head.id}.${head.sent}.${body}`);
  for (const mac of head.macs) if (await crypto.subtle.verify('HMAC', key, mac, message)) return true;
  return false;
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return value && typeof value === 'object' && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Whether the body's own member `signature` was made with this key: then the secret is the right one. */
async function isContentOurs(key: CryptoKey, event: Record<string, unknown>): Promise<boolean> {
  const { signature, ...content } = event;
  const mac = typeof signature === 'string' ? fromHex(signature.replace(/^sha256=/, '')) : null;
  return !!mac && crypto.subtle.verify('HMAC', key, mac, encoder.encode(canonical(content)));
}

/** Why the signature does not match, as far as the bytes tell. */
async function mistake(key: CryptoKey, head: Head, body: string): Promise<string> {
  if (await matches(key, head, body.trim()))
    return 'Space or a line break was added around the body. Check the bytes as they arrived, before anything reads them.';
  const event = parsed(body);
  if (!event) return 'The body is not the JSON that was sent: it was cut or changed on its way to you.';
  if (await matches(key, head, canonical(event)))
    return 'The body was parsed and written again, so its bytes differ. Keep the raw body, such as express.raw() gives, and check that.';
  if (await isContentOurs(key, event))
    return 'Secret and content are right, but these headers belong to another delivery or attempt. Take headers and body from one request.';
  return 'Another secret made this, or the content was changed. Compare the secret with the one of the app, also after a rotation.';
}

function headCheck(head: Head | null): Check {
  const name = 'Read the headers';
  if (!head)
    return {
      name,
      state: 'fail',
      text: 'Paste X-ZenWallet-Signature, or webhook-id, webhook-timestamp and webhook-signature, one a line.',
    };
  if (!head.id || !/^\d+$/.test(head.sent) || head.macs.length === 0)
    return { name, state: 'fail', text: 'An id, a time in seconds or a whole v1 signature is missing.' };
  const number = head.macs.length;
  return {
    name,
    state: 'pass',
    text: `${head.id}, ${number === 1 ? 'one signature' : `${number} signatures`}.`,
  };
}

function secretCheck(secret: string, bytes: Uint8Array<ArrayBuffer> | null): Check {
  const name = 'Read the secret';
  if (/^sk_(test|live)_/.test(secret))
    return { name, state: 'fail', text: 'This is an API key. The webhook secret begins with whsec_.' };
  if (!bytes || bytes.length === 0)
    return {
      name,
      state: 'fail',
      text: 'The key is what base64 says after whsec_; this is not whole.',
    };
  return {
    name,
    state: 'pass',
    text: `${bytes.length} bytes, decoded from base64. The text itself is not the key.`,
  };
}

function timeCheck(head: Head, nowS: number): Check {
  const age = Math.round(nowS - Number(head.sent));
  const name = 'Compare the clock';
  if (Math.abs(age) <= TOLERANCE_S)
    return {
      name,
      state: 'pass',
      text: `Sent ${Math.abs(age)} s ${age < 0 ? 'ahead of' : 'before'} now; 300 s are allowed.`,
    };
  return {
    name,
    state: 'fail',
    text:
      age < 0
        ? `Sent ${duration(-age)} ahead of now: the clock of this machine is behind.`
        : `Sent ${duration(age)} ago, more than 300 s. A receiver refuses it; for a delivery pasted later that is as it should be.`,
  };
}

/** The steps of the check, in order; those that cannot be taken are left out of it. */
export async function checks({ headers, body, secret }: Given, nowS: number): Promise<Check[]> {
  const head = readHeaders(headers);
  const headed = headCheck(head);
  const bytes = fromBase64(secret.trim().replace(/^whsec_/, ''));
  const keyed = secretCheck(secret.trim(), bytes);
  const name = 'Compare the signature';
  if (!head || headed.state === 'fail' || !bytes || keyed.state === 'fail')
    return [headed, keyed, { name, state: 'skip', text: 'Needs the headers and the secret.' }];
  if (!globalThis.crypto?.subtle)
    return [
      headed,
      keyed,
      { name, state: 'skip', text: 'A browser computes this over https or on localhost alone.' },
    ];
  const key = await keyOf(bytes);
  const isOurs = await matches(key, head, body);
  const compared: Check = isOurs
    ? { name, state: 'pass', text: 'HMAC-SHA256 of id.time.body is the one in the header.' }
    : { name, state: 'fail', text: await mistake(key, head, body) };
  return [headed, keyed, compared, timeCheck(head, nowS)];
}
