// Standard Webhooks as the gateway signs them, checked in the browser: the secret stays in this page's memory.
import type { Schemas } from '@/lib/api';

type Bytes = Uint8Array<ArrayBuffer>;
export type Step = { name: string; isGood: boolean; text: string };
export type Verdict = { steps: Step[]; isValid: boolean; body: string | null };

/** How far the time in a signature may be from the clock; receivers refuse what is older. */
const TOLERANCE_S = 300;

/** Canonical JSON, RFC 8785. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = value as Record<string, unknown>;
  // Without a comparer keys are sorted by their UTF-16 units, as the standard wants it.
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(',')}}`;
}

/** The bytes of `whsec_…`; null where it is no such secret. */
export function keyOf(secret: string): Bytes | null {
  const encoded = secret.trim().replace(/^whsec_/, '');
  try {
    const key = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return key.length >= 16 ? key : null;
  } catch {
    return null;
  }
}

async function mac(key: Bytes, text: string): Promise<Bytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text)));
}

const hex = (bytes: Bytes): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));

export const sha256 = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));

/** The content that a webhook tells of an event, without its own signature. */
export function contentOf(event: Schemas['EventObject']): Record<string, unknown> {
  const { seq: _, ...content } = event;
  const told: Record<string, unknown> = { ...content };
  delete told.app_id;
  return told;
}

/** The body as it was sent: canonical JSON with the signature of its content. */
export async function bodyOf(event: Schemas['EventObject'], key: Bytes): Promise<string> {
  const content = contentOf(event);
  const signature = `sha256=${hex(await mac(key, canonical(content)))}`;
  return canonical({ ...content, signature });
}

/** Whether one of the signatures in `webhook-signature` was made of this with the key. */
export async function isSigned(key: Bytes, id: string, at: string, body: string, header: string) {
  const wanted = `v1,${base64(await mac(key, `${id}.${at}.${body}`))}`;
  return header.split(' ').includes(wanted);
}

type Sent = { headers: Record<string, string>; body_sha256: string };

/** Checks an attempt with a secret, step by step. */
export async function verify(
  secret: string,
  sent: Sent,
  startedAt: string,
  event: Schemas['EventObject'],
): Promise<Verdict> {
  const steps: Step[] = [];
  const add = (name: string, isGood: boolean, good: string, bad: string) => {
    steps.push({ name, isGood, text: isGood ? good : bad });
    return isGood;
  };
  const key = keyOf(secret);
  add(
    'Secret',
    !!key,
    'It is base64 behind whsec_.',
    'Not a secret: copy the whole of whsec_… from the app.',
  );
  if (!key) return { steps, isValid: false, body: null };

  const [id, at] = [sent.headers['webhook-id'] ?? '', sent.headers['webhook-timestamp'] ?? ''];
  const body = await bodyOf(event, key);
  const isBody = add(
    'Body',
    (await sha256(body)) === sent.body_sha256,
    'Rebuilt from the event; its SHA-256 is the one in the log.',
    'Rebuilt with this secret it has another SHA-256. Another app’s secret, or one that was rotated since.',
  );
  const isMac = add(
    'Signature',
    await isSigned(key, id, at, body, sent.headers['webhook-signature'] ?? ''),
    'HMAC-SHA256 of id.t.body is in webhook-signature.',
    'HMAC-SHA256 of id.t.body is not among those in webhook-signature.',
  );
  const away = Math.abs(Number(at) - Date.parse(startedAt) / 1_000);
  const isInTime = add(
    'Time',
    away <= TOLERANCE_S,
    'It was signed when the attempt began.',
    `It was signed ${Math.round(away)} s from the attempt; receivers refuse more than ${TOLERANCE_S} s.`,
  );
  return { steps, isValid: isBody && isMac && isInTime, body: isBody ? body : null };
}
