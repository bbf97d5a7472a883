// Runs suites by their names and prints one count: `node test/run.js vectors hostile`.
'use strict';

const path = require('node:path');
const { run } = require('node:test');

const files = process.argv.slice(2).map((name) => path.join(__dirname, `${name}.test.js`));
let passed = 0;
let failed = files.length === 0 ? 1 : 0;

run({ files, concurrency: 1 })
  .on('test:pass', ({ details }) => {
    if (details.type !== 'suite') passed += 1;
  })
  .on('test:fail', ({ name, details }) => {
    failed += 1;
    console.error(`FAILED ${name}\n`, details.error?.cause ?? details.error);
  })
  .on('test:stderr', ({ message }) => process.stderr.write(message))
  .on('test:stdout', ({ message }) => process.stdout.write(message))
  .on('end', () => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  })
  .resume();
