// Chromium as the walks use it, and what every page is held to.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

export const startBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** A fresh person at a screen. Everything that a page complains of is kept in `complaints`. */
export async function newPerson(browser, { theme, size, zone = 'Asia/Kolkata' }) {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: theme,
    timezoneId: zone,
    locale: 'en-GB',
    hasTouch: size === 'phone',
    reducedMotion: 'no-preference',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints = [];
  watch(page, complaints);
  context.on('page', (opened) => watch(opened, complaints));
  return { context, page, complaints, name: `${theme}, ${size}` };
}

function watch(page, complaints) {
  page.on('console', (message) => {
    // A refusal that the page shows in words is also noted by the browser; it is no fault of the page.
    const isAnswer = /the server responded with a status of (401|403|404|409|400|422|429)/.test(
      message.text(),
    );
    if (['error', 'warning'].includes(message.type()) && !isAnswer)
      complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
}

/** A page that never rests is judged all the same. */
const LOOKS_MAX = 5;
const COUNT_MOTION =
  'if (globalThis.motions === undefined) { globalThis.motions = 0; for (const kind of ["animationstart", "transitionrun"]) document.addEventListener(kind, () => (globalThis.motions += 1), true); }';
/** Spinners turn for ever. */
const COME_TO_REST =
  'Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().iterations !== Infinity).map((a) => a.finished.catch(() => 0)))';
const LOOK =
  'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.map((v) => ({ id: v.id, nodes: v.nodes.map((n) => n.target.join(" ") + ": " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? "")) })))';

/** What axe finds; run over the debugger, for the policy lets no foreign script in. */
export async function axe(page) {
  const session = await page.context().newCDPSession(page);
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await run(`${axeSource}; ${COUNT_MOTION}; 0`);
  // What is on its way in has other colours for a moment: a look at something that moves does not count.
  let violations;
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const begun = await run(`${COME_TO_REST}.then(() => globalThis.motions)`);
    violations = await run(LOOK);
    if ((await run('globalThis.motions')) === begun) break;
  }
  await session.detach();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node}`));
}

/** How far a page can be scrolled sideways, in pixels. */
export const sideways = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
