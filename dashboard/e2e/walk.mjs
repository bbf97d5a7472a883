// One person's first day: set up, a second factor, an app, a payment by curl that appears by itself, paid on its page,
// its webhook read and sent again, the list exported, the key rotated.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, curlPayment } from './api.mjs';
import { check, checkComplaints, checkPage, said } from './checks.mjs';
import { startGateway } from './gateway.mjs';
import { logIn, logOut, prove, setUp } from './steps.mjs';
import { freshCode, totp } from './totp.mjs';

const APPEARS_WITHIN_MS = 2_000;

export async function walk(browser, look) {
  const gateway = await startGateway();
  const began = Date.now();
  try {
    const person = await setUp(browser, gateway, look);
    const day = { person, page: person.page, gateway, name: person.name, code: null };
    for (const step of [secondFactor, createApp, firstWebhook, payment, pay, delivery, exportList, rotateKey])
      await step(day).catch((error) => stuck(day, step.name, error));
    checkComplaints(person, 'the walk');
    await person.context.close();
    said(`walked (${person.name}) in ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  } finally {
    await gateway.stop();
  }
}

/** Says where a walk stopped, with a picture where pictures are kept. */
async function stuck({ page, name }, step, error) {
  if (process.env.SHOTS)
    await page.screenshot({ path: join(process.env.SHOTS, `stuck-${step}-${name.replace(', ', '-')}.png`) });
  throw new Error(`${step} (${name}) at ${page.url()}: ${error.message}`);
}

/** The key that is shown this once. */
async function revealed(page) {
  const key = page.locator('[role="dialog"] pre', { hasText: /^sk_test_/ });
  return (await key.innerText()).trim();
}

async function store(page) {
  await page.getByLabel(/^I stored/).check();
  await page.getByRole('button', { name: 'Done' }).click();
}

async function secondFactor(day) {
  const { page, gateway, person } = day;
  await page.goto(`${gateway.url}/settings#two-factor`);
  const section = page.locator('#two-factor');
  await section.getByRole('button', { name: 'Set up' }).click();
  await prove(page, day);
  day.secret = await section.getByText(/^[A-Z2-7]{32,}$/).innerText();
  day.code = totp(day.secret);
  await section.getByLabel('Code that the app shows').fill(day.code);
  await section.getByRole('button', { name: 'Turn on' }).click();
  const codes = (await section.locator('pre').innerText()).trim().split('\n');
  check(codes.length >= 8, 'recovery codes are shown once', codes.join(' '));
  await checkPage(person, 'settings with recovery codes');
  await page.getByLabel(/I stored/).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await logOut(page);
  await logIn(page, gateway, await freshCode(day));
  check(new URL(page.url()).pathname.startsWith('/test'), 'logged in with a code');
}

async function createApp(day) {
  const { page, gateway, person } = day;
  await page.goto(`${gateway.url}/test/apps`);
  await page.getByRole('button', { name: 'Create app' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Tea House');
  await dialog.getByRole('button', { name: 'Create app' }).click();
  await prove(page, day);
  day.key = await revealed(page);
  await checkPage(person, 'a new app');
  await store(page);
  await page.waitForURL(/\/apps\/app_/);
  day.app = new URL(page.url()).pathname.split('/').at(-1);
  await page.getByRole('heading', { level: 1, name: 'Tea House' }).waitFor();
}

/** The inbox receives: nobody needs a server for a first webhook. */
async function firstWebhook(day) {
  const { page, gateway } = day;
  const { data } = await call(gateway.url, day.key, 'GET', '/api/webhooks/endpoints');
  check(data.length === 0, 'a new app has no endpoint');
  await page.goto(`${gateway.url}/test/webhooks?tab=inbox&app_id=${day.app}`);
  await page.getByRole('button', { name: 'Use it as this app’s endpoint' }).click();
  await page.getByText('Webhooks of this app come here.').waitFor();
}

async function payment(day) {
  const { page, gateway, person } = day;
  await page.goto(`${gateway.url}/test/payments`);
  await page.getByText('Live updates on').first().waitFor({ state: 'attached' });
  const began = Date.now();
  day.payment = curlPayment(gateway.url, day.key);
  const row = page.locator('tbody tr', { hasText: 'ORDER_123' });
  const pill = page.getByRole('button', { name: /new payment/ });
  await Promise.race([row.waitFor(), pill.waitFor()]);
  if (await pill.isVisible()) await pill.click();
  await row.getByText('Pending').waitFor();
  check(
    Date.now() - began < APPEARS_WITHIN_MS + 1_000,
    'a payment by curl appears without a reload',
    `${Date.now() - began} ms`,
  );
  await checkPage(person, 'payments with a new one');
}

async function pay(day) {
  const { page, gateway, person } = day;
  const payer = await person.context.newPage();
  await payer.goto(day.payment.payment_url);
  await payer.getByTestId('simulate-success').click();
  await payer.getByTestId('transaction-id').waitFor();
  await checkPage({ page: payer, name: person.name }, 'the paid page');
  await payer.close();
  await page.locator('tbody tr', { hasText: 'ORDER_123' }).getByText('Succeeded').waitFor();
  check(true, 'the row changed without a reload');
  const { status } = await call(gateway.url, day.key, 'GET', `/api/payments/${day.payment.payment_id}`);
  check(status === 'SUCCESS', 'the payment is paid', status);
}

async function delivery(day) {
  const { page, gateway, person } = day;
  await page.goto(`${gateway.url}/test/payments/${day.payment.payment_id}?app_id=${day.app}`);
  const drawer = page.getByRole('dialog');
  await drawer.getByText('payment.success').first().waitFor();
  await drawer.locator('a[href*="/webhooks/dlv_"]').first().click();
  await page.getByRole('dialog').getByText('200', { exact: true }).first().waitFor();
  await checkPage(person, 'a delivery');
  await page.getByRole('button', { name: 'Send again' }).click();
  const confirm = page.getByRole('dialog', { name: /again/i });
  if (await confirm.isVisible().catch(() => false))
    await confirm.getByRole('button', { name: /Send again/ }).click();
  const sent = async () =>
    (await call(gateway.url, day.key, 'GET', `/api/webhooks/deliveries?payment_id=${day.payment.payment_id}`))
      .data;
  for (const until = Date.now() + 10_000; (await sent()).length < 2 && Date.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 100));
  check((await sent()).length === 2, 'the webhook was sent again');
  const { data } = await call(gateway.url, day.key, 'GET', `/api/apps/${day.app}/inbox/messages`);
  check(
    data.length >= 1 && data.every((message) => message.is_signature_valid),
    'the inbox has it, with a signature that verifies',
  );
}

async function exportList(day) {
  const { page, gateway } = day;
  await page.goto(`${gateway.url}/test/payments?status=SUCCESS`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export CSV' }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n');
  check(/\.csv$/.test(download.suggestedFilename()), 'the export is a file', download.suggestedFilename());
  check(
    lines.length === 2 && lines[1].includes(day.payment.payment_id),
    'the export has what the list shows',
    lines.join('\n'),
  );
}

async function rotateKey(day) {
  const { page, gateway, person } = day;
  await page.goto(`${gateway.url}/test/apps/${day.app}?tab=keys`);
  await page
    .getByRole('button', { name: /^Actions for the key/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Rotate' }).click();
  await page.getByRole('button', { name: 'Rotate key' }).click();
  await prove(page, day);
  const key = await revealed(page);
  await store(page);
  check(key !== day.key, 'the new key is another one');
  for (const each of [key, day.key]) {
    const { payment_id } = await call(gateway.url, each, 'GET', `/api/payments/${day.payment.payment_id}`);
    check(payment_id === day.payment.payment_id, 'both keys work in the overlap');
  }
  await checkPage(person, 'keys after a rotation');
}
