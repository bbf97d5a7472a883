'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');

const ROOT = path.join(__dirname, '..');
const MAX_PACKED_BYTES = 32 * 1024;
const clean = fs.mkdtempSync(path.join(os.tmpdir(), 'zenwallet-sdk-'));
after(() => fs.rmSync(clean, { recursive: true }));

const npm = (args, cwd) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const node = (...args) => execFileSync(process.execPath, args, { cwd: clean, encoding: 'utf8' }).trim();

test('package: small, and nothing in it that nobody needs', () => {
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', clean], ROOT));
  const files = packed.files.map(({ path: name }) => name);
  for (const name of files)
    assert.match(name, /^(package\.json|LICENSE|README\.md|src\/\w+\.m?js|types\/\w+\.d\.m?ts)$/);
  assert.ok(files.includes('LICENSE') && files.includes('README.md') && files.includes('types/models.d.ts'));
  assert.ok(packed.size < MAX_PACKED_BYTES, `${packed.size} bytes`);
  fs.writeFileSync(path.join(clean, 'package.json'), '{"private":true}');
  npm(['install', '--offline', '--no-audit', '--no-fund', path.join(clean, packed.filename)], clean);
});

test('package: nothing comes with it', () => {
  const { dependencies, scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  assert.equal(dependencies, undefined);
  for (const hook of ['preinstall', 'install', 'postinstall']) assert.equal(scripts[hook], undefined);
  assert.deepEqual(
    fs.readdirSync(path.join(clean, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['zenwallet-sdk'],
  );
});

test('package: require gives the class itself', () => {
  const script = `
    const ZenWallet = require('zenwallet-sdk');
    const client = new ZenWallet({ apiKey: 'sk_test_secret', webhookSecret: 'whsec_secret' });
    console.log(ZenWallet === ZenWallet.ZenWallet, ZenWallet === ZenWallet.default, typeof client.payments.create,
      new ZenWallet.TimeoutError('x') instanceof ZenWallet.ConnectionError);`;
  assert.equal(node('-e', script), 'true true function true');
});

test('package: import gives the same class, and the errors by their names', () => {
  const script = `
    import ZenWallet, { APIError, ZenWallet as Named, SignatureVerificationError } from 'zenwallet-sdk';
    import { createRequire } from 'node:module';
    console.log(ZenWallet === Named, createRequire(process.cwd() + '/')('zenwallet-sdk') === ZenWallet,
      typeof APIError, SignatureVerificationError.name);`;
  assert.equal(node('--input-type=module', '-e', script), 'true true function SignatureVerificationError');
});

test('package: the versions agree', () => {
  assert.equal(
    node('-p', "require('zenwallet-sdk/package.json').version"),
    require('../package.json').version,
  );
});
