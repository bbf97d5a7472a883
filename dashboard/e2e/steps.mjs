// What people do, one function an act.
import { newPerson } from './browser.mjs';
import { freshCode } from './totp.mjs';

export const PASSWORD = 'a walk through still water 7';
export const EMAIL = 'ada@example.com';

/** Opens the one-time link and makes the first user. */
export async function setUp(browser, gateway, look) {
  const person = await newPerson(browser, look);
  const { page } = person;
  await page.goto(gateway.setup);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL(/\/test\/start/);
  return person;
}

/** Logs in, with a code where the account has a second factor. */
export async function logIn(page, gateway, code) {
  await page.goto(`${gateway.url}/login`);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  if (code) await page.locator('input[autocomplete="one-time-code"]').fill(code);
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

export async function logOut(page) {
  await page.getByRole('button', { name: /account of/i }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.waitForURL(/\/login/);
}

/** Answers the dialog that asks for a proof, if it comes; with a code where there is a second factor. */
export async function prove(page, day) {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.waitFor({ timeout: 1_500 }).catch(() => null);
  if (!(await dialog.isVisible())) return;
  await dialog.getByLabel('Password').fill(PASSWORD);
  const code = dialog.locator('input[autocomplete="one-time-code"]');
  if (await code.isVisible()) await code.fill(await freshCode(day));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.waitFor({ state: 'hidden' });
}
