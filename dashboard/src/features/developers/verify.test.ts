// @vitest-environment node
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VECTOR, verifySample } from './samples';
import { canonical, checks, readHeaders } from './verify';

const NOW = Number(VECTOR.sent) + 10;
const own = `X-ZenWallet-Signature: ${VECTOR.own}`;
const standard = `webhook-id: ${VECTOR.id}\nwebhook-timestamp: ${VECTOR.sent}\nwebhook-signature: ${VECTOR.standard}`;
const states = async (given: { headers?: string; body?: string; secret?: string }, now = NOW) =>
  checks({ headers: own, body: VECTOR.body, secret: VECTOR.secret, ...given }, now);
const failure = async (given: { headers?: string; body?: string; secret?: string }, now?: number) =>
  (await states(given, now)).find((check) => check.state === 'fail')?.text;

describe('the check of a signature', () => {
  it('passes the known vector by either header', async () => {
    for (const headers of [own, VECTOR.own, standard]) {
      expect((await states({ headers })).map((check) => check.state)).toEqual([
        'pass',
        'pass',
        'pass',
        'pass',
      ]);
    }
  });

  it('passes when the second of two signatures matches', async () => {
    const headers = standard.replace('v1,', `v1,${'A'.repeat(43)}= v1,`);
    expect((await states({ headers })).map((check) => check.state)).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  it('names the usual mistakes', async () => {
    const spread = JSON.stringify(JSON.parse(VECTOR.body), null, 2);
    const otherSecret = `whsec_${btoa('x'.repeat(32))}`;
    expect(await failure({ body: spread })).toContain('parsed and written again');
    expect(await failure({ body: `${VECTOR.body}\n` })).toContain('line break');
    expect(await failure({ secret: otherSecret })).toContain('Another secret');
    expect(await failure({ body: VECTOR.body.replace('500', '900') })).toContain('content was changed');
    expect(await failure({ body: VECTOR.body.slice(0, -9) })).toContain('cut');
    expect(await failure({ headers: own.replace('t=1769423700', 't=1769423701') })).toContain(
      'another delivery',
    );
    expect(await failure({ secret: 'sk_test_abc' })).toContain('API key');
    expect(await failure({ headers: 'nothing' })).toContain('Paste');
  });

  it('refuses what is more than 300 s off, either way', async () => {
    const sent = Number(VECTOR.sent);
    expect(await failure({}, sent + 300)).toBeUndefined();
    expect(await failure({}, sent + 301)).toContain('ago');
    expect(await failure({}, sent - 301)).toContain('behind');
  });

  it('reads headers and writes canonical JSON as the gateway does', () => {
    expect(readHeaders(standard)).toMatchObject({ id: VECTOR.id, sent: VECTOR.sent });
    expect(canonical(JSON.parse(VECTOR.body))).toBe(VECTOR.body);
  });
});

describe('the samples that verify', () => {
  const headers = (signature: string) => ({
    'webhook-id': VECTOR.id,
    'webhook-timestamp': VECTOR.sent,
    'webhook-signature': signature,
  });
  const folder = mkdtempSync(join(tmpdir(), 'zenwallet-samples-'));
  const has = (program: string, ask: string) => spawnSync(program, [ask]).status === 0;

  it('holds in Node', async () => {
    const file = join(folder, 'verify.mjs');
    writeFileSync(file, verifySample.node);
    const { verify } = (await import(/* @vite-ignore */ file)) as {
      verify: (body: string, headers: Record<string, string>, secret: string, now?: number) => boolean;
    };
    const rotated = `v1,AAAA ${VECTOR.standard}`;
    expect(verify(VECTOR.body, headers(rotated), VECTOR.secret, NOW)).toBe(true);
    expect(verify(VECTOR.body, headers(VECTOR.standard), VECTOR.secret)).toBe(false);
    expect(verify(`${VECTOR.body} `, headers(VECTOR.standard), VECTOR.secret, NOW)).toBe(false);
  });

  it.skipIf(!has('python3', '--version'))('holds in Python', () => {
    const program = `${verifySample.python}
import json, sys
body, headers, secret, now = json.load(sys.stdin)
print(verify(body.encode(), headers, secret, now), verify(b"x", headers, secret, now), verify(body.encode(), headers, secret))`;
    const input = JSON.stringify([VECTOR.body, headers(`v1,AAAA ${VECTOR.standard}`), VECTOR.secret, NOW]);
    expect(execFileSync('python3', ['-c', program], { input }).toString().trim()).toBe('True False False');
  });

  it.skipIf(!has('openssl', 'version'))('holds in a shell', () => {
    writeFileSync(join(folder, 'body.json'), VECTOR.body);
    const run = (NOW_S: string, signature: string) =>
      execFileSync('sh', ['-c', verifySample.curl], {
        cwd: folder,
        env: {
          ...process.env,
          NOW: NOW_S,
          WEBHOOK_ID: VECTOR.id,
          WEBHOOK_TIMESTAMP: VECTOR.sent,
          WEBHOOK_SIGNATURE: signature,
          WEBHOOK_SECRET: VECTOR.secret,
        },
      })
        .toString()
        .trim();
    expect(run(String(NOW), `v1,AAAA ${VECTOR.standard}`)).toBe('valid');
    expect(run('', VECTOR.standard)).toBe('too old');
    expect(run(String(NOW), 'v1,AAAA')).toBe('not ours');
  });
});
