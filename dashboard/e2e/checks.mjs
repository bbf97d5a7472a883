// Counts what was seen, and says it as the other campaigns do.
import { axe, sideways } from './browser.mjs';

let passed = 0;
let failed = 0;

export function check(isTrue, what, more = '') {
  if (isTrue) passed += 1;
  else failed += 1;
  if (!isTrue) console.log(`FAIL  ${what}${more ? `\n        ${more}` : ''}`);
  return isTrue;
}

export const said = (text) => console.log(text);

/** Every page: nothing that axe finds, no sideways scroll, one h1. */
export async function checkPage(person, what) {
  const { page, name } = person;
  const found = await axe(page);
  check(found.length === 0, `${what} (${name}): axe finds nothing`, found.slice(0, 6).join('\n        '));
  const over = await sideways(page);
  check(over <= 0, `${what} (${name}): nothing scrolls sideways`, `${over} px`);
  const headings = await page.locator('h1').count();
  check(headings === 1, `${what} (${name}): one h1`, `${headings}`);
}

/** At the end of a person's day: the console stayed empty. */
export function checkComplaints({ complaints, name }, what) {
  check(
    complaints.length === 0,
    `${what} (${name}): the console is empty`,
    complaints.slice(0, 6).join('\n        '),
  );
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
