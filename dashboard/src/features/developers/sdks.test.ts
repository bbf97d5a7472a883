// @vitest-environment node
// What the samples call is what the SDKs of this repository have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSample, verifySample } from './samples';
import { cliSample, SDKS, sdkSample } from './sdks';

const root = new URL('../../../../', import.meta.url).pathname;
const textOf = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
const samplesOf = (language: 'rust' | 'go') =>
  [createSample('http://x', 'k'), verifySample, sdkSample('http://x', 'k')]
    .map((sample) => sample[language])
    .join('\n');
const names = (text: string, pattern: RegExp) =>
  new Set([...text.matchAll(pattern)].map((found) => found[1]));

describe.skipIf(!existsSync(join(root, 'sdk')))('the SDKs on the page', () => {
  it('are installed as their READMEs say', () => {
    for (const { id, install } of SDKS)
      expect(readFileSync(join(root, 'sdk', id, 'README.md'), 'utf8')).toContain(install);
  });

  it('have what the Go samples use', () => {
    const source = textOf('sdk/go', '.go');
    const used = [...names(samplesOf('go'), /zenwallet\.([A-Z]\w+)/g)];
    expect(used).toContain('WithIdempotencyKey');
    for (const name of used) expect(source).toMatch(new RegExp(`^(type|func) ${name}\\b`, 'm'));
    for (const name of names(samplesOf('go'), /(?:Payments|Webhooks|Events)\.([A-Z]\w+)\(/g))
      expect(source).toMatch(new RegExp(`^func \\(\\w+ \\*\\w+\\) ${name}\\(`, 'm'));
    for (const name of names(samplesOf('go'), /\b([A-Z]\w+):\s/g)) expect(source).toMatch(`\t${name} `);
  });

  it('have what the Rust samples use', () => {
    const source = textOf('sdk/rust/src', '.rs');
    const own =
      /\.(api_key|base_url|build|payments|create\w*|webhooks|construct_event\w*|events|stream|next)\(/g;
    expect(names(samplesOf('rust'), own).size).toBeGreaterThan(8);
    for (const name of names(samplesOf('rust'), own))
      expect(source).toMatch(new RegExp(`pub (async )?fn ${name}\\b`));
  });

  it('have the commands that the page names', () => {
    const guide = readFileSync(join(root, 'docs/cli.md'), 'utf8');
    const { login, listen, trigger } = cliSample('https://pay.example.com');
    expect(guide).toContain(login);
    expect(guide.replace(/ +/g, ' ')).toContain(listen);
    expect(guide.replace(/ +/g, ' ')).toContain(trigger);
  });
});
