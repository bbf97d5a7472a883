// Holds the sizes of what browsers load to their budgets: gzip, in KiB.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = { shell: 170, route: 240, chart: 115, css: 20, dist: 3 * 1024 };

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const sizes = new Map();
const kib = (file) => {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024);
  return sizes.get(file);
};

/** The files that a chunk cannot start without. */
function closure(key, found = new Set()) {
  const chunk = manifest[key];
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const next of chunk.imports ?? []) closure(next, found);
  return found;
}
const sum = (files) => [...files].reduce((total, file) => total + kib(file), 0);

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const shell = closure(entry);
const rows = [['shell', sum(shell), BUDGET.shell]];
for (const key of Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry)) {
  const files = closure(key);
  if (/\/features\/[a-z]+\/(page|app|drawer)\.tsx$/.test(key))
    rows.push([key, sum(new Set([...shell, ...files])), BUDGET.route]);
  else if (/chart/.test(key))
    rows.push([key, sum(new Set([...files].filter((file) => !shell.has(file)))), BUDGET.chart]);
}
const assets = readdirSync(new URL('assets/', dist));
rows.push([
  'css',
  sum(assets.filter((name) => name.endsWith('.css')).map((name) => `assets/${name}`)),
  BUDGET.css,
]);
// What is compressed lies beside what it was made of; budgets count the plain files.
const plain = assets.filter((name) => !/\.(br|gz)$/.test(name));
rows.push([
  'dist',
  plain.reduce((total, name) => total + statSync(new URL(`assets/${name}`, dist)).size / 1024, 0),
  BUDGET.dist,
]);

let failed = 0;
for (const [name, size, budget] of rows) {
  const isOver = size > budget;
  failed += isOver ? 1 : 0;
  console.log(`${isOver ? 'OVER' : 'ok  '}  ${size.toFixed(1).padStart(7)} of ${budget} KiB  ${name}`);
}
if (failed) {
  console.error(`${failed} over budget`);
  process.exit(1);
}
