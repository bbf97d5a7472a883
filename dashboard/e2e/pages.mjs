// Every page in both themes and sizes: axe, width, headings, console; and a picture for the documentation.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { newPerson } from './browser.mjs';
import { check, checkComplaints, checkPage } from './checks.mjs';
import { seed } from './seed.mjs';
import { EMAIL, logIn, PASSWORD } from './steps.mjs';

/** What is shown, what must be there before it is looked at, and what is done first to come there. */
const pages = ({ pending, paid, delivery, app }) => [
  ['overview', '/test', '[data-testid="kpi"]'],
  ['overview-production', '/production', 'h1'],
  ['payments', '/test/payments', 'main tbody tr'],
  ['payments-empty', '/test/payments?q=nothing-has-this', 'text=Clear filters'],
  ['payment', `/test/payments/${paid.payment_id}?app_id=${app}`, '[role="dialog"]'],
  ['create-payment', '/test/payments?create=1', '[role="dialog"]'],
  ['apps', '/test/apps', 'main tbody tr'],
  ['create-app', '/test/apps?create=1', '[role="dialog"]'],
  ['app', `/test/apps/${app}`, 'h1'],
  ['app-keys', `/test/apps/${app}?tab=keys`, 'main tbody tr'],
  ['app-webhooks', `/test/apps/${app}?tab=webhooks`, 'h1'],
  ['app-log', `/test/apps/${app}?tab=log`, 'h1'],
  ['app-settings', `/test/apps/${app}?tab=settings`, 'form'],
  ['webhooks', '/test/webhooks', 'main tbody tr'],
  ['delivery', `/test/webhooks/${delivery}?app_id=${app}`, '[role="dialog"]'],
  ['webhook-queue', '/test/webhooks?tab=queue', 'h1'],
  ['webhook-endpoints', '/test/webhooks?tab=endpoints', 'h1'],
  ['webhook-test', '/test/webhooks?tab=test', 'h1'],
  ['inbox', `/test/webhooks?tab=inbox&app_id=${app}`, 'h1'],
  ['developers', '/test/developers', 'main pre'],
  ['palette', '/test/payments', 'text=Signatures', searchDocs],
  ['onboarding', '/test/start', 'h1'],
  ['settings', '/settings', 'form'],
  ['pay', `/pay/${pending.payment_id}`, '[data-testid="simulate-success"]'],
  ['pay-success', `/pay/${paid.payment_id}`, 'main'],
];
const GUESTS = [
  ['login', '/login', 'form'],
  ['setup', '/setup', 'h1'],
  ['invitation', '/invitation#token=x', 'form'],
  ['forgot-password', '/forgot-password', 'h1'],
  ['reset-password', '/reset-password#token=x', 'form'],
];
/** Whose pictures are kept as they are on a phone too. */
const ON_PHONES = ['overview', 'payments', 'payment', 'webhooks', 'pay', 'pay-success'];
/** VIEWS=developers,palette looks at these alone. */
const VIEWS = process.env.VIEWS?.split(',');
const isWanted = ([name]) => !VIEWS || VIEWS.includes(name);

async function searchDocs(page) {
  await page.locator('main tbody tr').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('verify a signature');
}

/** Lists grow by themselves for a moment after they came. */
const SETTLED_MS = 700;

export async function lookAtPages(browser, shots) {
  const world = await seed();
  if (shots) mkdirSync(shots, { recursive: true });
  try {
    for (const theme of ['light', 'dark']) {
      for (const size of ['desktop', 'phone']) {
        const person = await newPerson(browser, { theme, size });
        for (const page of GUESTS.filter(isWanted))
          await look(person, world.gateway, page, shots, { theme, size });
        await logIn(person.page, world.gateway);
        for (const page of pages(world).filter(isWanted))
          await look(person, world.gateway, page, shots, { theme, size });
        await checkStorage(person);
        checkComplaints(person, 'every page');
        await person.context.close();
      }
    }
  } finally {
    await world.gateway.stop();
  }
}

async function look(person, gateway, [name, path, content, act], shots, { theme, size }) {
  const { page } = person;
  await page.goto(gateway.url + path);
  await act?.(page);
  const isThere = await page
    .locator(content)
    .first()
    .waitFor()
    .then(
      () => true,
      () => false,
    );
  check(isThere, `${name} (${person.name}): shows ${content}`);
  await page.waitForTimeout(SETTLED_MS);
  await checkPage(person, name);
  const isKept = shots && (size === 'desktop' || ON_PHONES.includes(name));
  if (isKept) await page.screenshot({ path: join(shots, `${name}-${theme}-${size}.png`) });
}

/** What the browser keeps where scripts read it: preferences, and nothing secret. */
async function checkStorage({ page, name }) {
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  const secrets = /sk_(test|live)_|whsec_|eyJ|refresh|access/i;
  check(
    !secrets.test(kept) && !kept.includes(PASSWORD) && !kept.includes(EMAIL),
    `storage (${name}) holds no secret`,
    kept,
  );
}
