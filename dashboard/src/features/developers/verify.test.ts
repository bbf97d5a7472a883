// @vitest-environment node
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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

const SDK = new URL('../../../../sdk/', import.meta.url).pathname;

describe('the samples that verify', () => {
  const headers = (signature: string) => ({
    'webhook-id': VECTOR.id,
    'webhook-timestamp': VECTOR.sent,
    'webhook-signature': signature,
  });
  const folder = mkdtempSync(join(tmpdir(), 'zenwallet-samples-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const has = (program: string, ask: string) => spawnSync(program, [ask]).status === 0;
  const secret = { ZENWALLET_WEBHOOK_SECRET: VECTOR.secret };

  /** Headers of the vector's body as if it were sent now: the SDKs look at the clock. */
  function fresh() {
    const sent = String(Math.floor(Date.now() / 1_000));
    const mac = createHmac('sha256', Buffer.from(VECTOR.secret.slice('whsec_'.length), 'base64'))
      .update(`${VECTOR.id}.${sent}.${VECTOR.body}`)
      .digest('base64');
    return { ...headers(`v1,AAAA v1,${mac}`), 'webhook-timestamp': sent };
  }

  it.skipIf(!existsSync(SDK))('hold in JavaScript', () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(`${SDK}javascript`, join(folder, 'node_modules/zenwallet-sdk'));
    const file = join(folder, 'verify.mjs');
    writeFileSync(
      file,
      `${verifySample.javascript}
const [body, good, old] = JSON.parse(process.argv[2]);
const told = (body, headers) => { try { return read(body, headers).event_id } catch (error) { return error.reason } };
console.log(told(body, good), told(body + ' ', good), told(body, old), typeof receive);`,
    );
    const given = JSON.stringify([VECTOR.body, fresh(), headers(VECTOR.standard)]);
    const env = { ...process.env, ...secret };
    expect(execFileSync('node', [file, given], { env }).toString().trim()).toBe(
      `${VECTOR.id} signature_mismatch timestamp_too_old function`,
    );
  });

  it.skipIf(!existsSync(SDK) || !has('python3', '--version'))('hold in Python', () => {
    const program = `${verifySample.python}
import json, sys
body, good, old = json.load(sys.stdin)
def told(body, headers):
    try:
        return read(body.encode(), headers).event_id
    except Exception as error:
        return error.reason
print(told(body, good), told(body + " ", good), told(body, old))`;
    const input = JSON.stringify([VECTOR.body, fresh(), headers(VECTOR.standard)]);
    const env = { ...process.env, ...secret, PYTHONPATH: `${SDK}python/src`, PYTHONDONTWRITEBYTECODE: '1' };
    expect(execFileSync('python3', ['-c', program], { input, env }).toString().trim()).toBe(
      `${VECTOR.id} signature_mismatch timestamp_too_old`,
    );
  });

  it.skipIf(!has('openssl', 'version'))('hold in a shell', () => {
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
