import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !name.includes('.test.'),
);

test('nothing that others wrote can become HTML or code', () => {
  expect(files.length).toBeGreaterThan(30);
  const ways =
    /dangerouslySetInnerHTML|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc/i;
  const found = files.filter((name) => ways.test(readFileSync(join('src', name), 'utf8')));
  expect(found).toEqual([]);
});
