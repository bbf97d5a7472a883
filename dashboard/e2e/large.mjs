// Every page with five million payments: how long from the navigation until it shows its content and answers a press.
// `bench fill` fills the database; a release build of both is measured. COUNT=… is how many payments.
import { execFileSync } from 'node:child_process';
import { startBrowser } from './browser.mjs';
import { check, finish, said } from './checks.mjs';
import { startGateway } from './gateway.mjs';
import { setUp } from './steps.mjs';

const COUNT = process.env.COUNT ?? '5000000';
const MOST_MS = 1_000;
const bench = process.env.ZENWALLET_BENCH ?? new URL('../../target/release/bench', import.meta.url).pathname;

const PAGES = [
  ['/test', 'h1:has-text("Overview")', '[data-testid="kpi"] p.tabular-nums'],
  ['/test/payments', 'h1:has-text("Payments")', 'tbody tr:has-text("ORDER_")'],
  ['/test/payments?status=FAILED', 'h1:has-text("Payments")', 'tbody tr:has-text("ORDER_")'],
  ['/test/payments?q=ORDER_4999', 'h1:has-text("Payments")', 'tbody tr:has-text("ORDER_")'],
  ['/test/apps', 'h1:has-text("Apps")', 'tbody tr:has-text("Large")'],
  ['/test/webhooks', 'h1:has-text("Webhooks")', 'main'],
  ['/test/developers', 'h1', 'main pre'],
  ['/settings', 'h1:has-text("Settings")', 'form'],
];

const gateway = await startGateway({
  prepare: ({ dataDir, console }) => {
    console('app', 'create', '--name', 'Large', '--environment', 'test', '--json');
    said(execFileSync(bench, ['fill', '--data-dir', dataDir, '--count', COUNT], { encoding: 'utf8' }).trim());
    console('rollup', 'rebuild');
  },
});
const browser = await startBrowser();
try {
  const person = await setUp(browser, gateway, { theme: 'light', size: 'desktop' });
  const { page } = person;
  for (const [path, heading, content] of PAGES) {
    const times = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const began = performance.now();
      await page.goto(gateway.url + path, { waitUntil: 'commit' });
      await page.locator(heading).first().waitFor();
      await page.locator(content).first().waitFor();
      // Interactive: a task that the page is given now is done.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))),
      );
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const told = times.map((time) => Math.round(time)).join(', ');
    said(`${path.padEnd(34)} median ${Math.round(times[2])} ms (${told})`);
    check(
      times[2] <= MOST_MS,
      `${path} is interactive within ${MOST_MS} ms with ${COUNT} payments`,
      `median ${Math.round(times[2])} ms`,
    );
  }
} finally {
  await browser.close();
  await gateway.stop();
}
finish();
