'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');

const tsc = require.resolve('typescript/bin/tsc');

for (const [name, more] of Object.entries({
  'node16 modules, all declarations checked': [],
  'nodenext modules': ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
  'exact optional members': ['--exactOptionalPropertyTypes'],
})) {
  test(`types: ${name}`, () => {
    const project = path.join(__dirname, 'types/tsconfig.json');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project, ...more], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });
}

test('types: every class that is declared is there', () => {
  const fs = require('node:fs');
  const ZenWallet = require('zenwallet-sdk');
  const declared = fs.readFileSync(path.join(__dirname, '../types/sdk.d.ts'), 'utf8');
  const names = [...declared.matchAll(/^export declare class (\w+)/gm)].map(([, name]) => name);
  assert.ok(names.length > 10);
  for (const name of names) assert.equal(typeof ZenWallet[name], 'function', name);
});

test('types: require reaches every type', () => {
  const fs = require('node:fs');
  const read = (name) => fs.readFileSync(path.join(__dirname, '../types', name), 'utf8');
  const all = [
    ...`${read('sdk.d.ts')}${read('models.d.ts')}`.matchAll(
      /^export (?:declare class|interface|type) (\w+)/gm,
    ),
  ];
  for (const [, name] of all)
    assert.ok(read('index.d.ts').includes(`export import ${name} = sdk.${name};`), name);
});
