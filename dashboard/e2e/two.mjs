// Two people at two browsers: what one does the other sees at once.

import { call, curlPayment } from './api.mjs';
import { newPerson } from './browser.mjs';
import { check, checkComplaints, said } from './checks.mjs';
import { startGateway } from './gateway.mjs';
import { logIn, setUp } from './steps.mjs';

const SEEN_WITHIN_MS = 300;
const TURNS = 10;

export async function watchTogether(browser) {
  const gateway = await startGateway();
  try {
    const watching = await setUp(browser, gateway, { theme: 'light', size: 'desktop' });
    const { api_key: key } = JSON.parse(
      gateway.console('app', 'create', '--name', 'Canteen', '--environment', 'test', '--json'),
    );
    for (let n = 0; n < TURNS; n += 1) curlPayment(gateway.url, key, { reference_id: `TURN_${n}` });
    const acting = await newPerson(browser, { theme: 'light', size: 'desktop' });
    await logIn(acting.page, gateway);
    await watching.page.goto(`${gateway.url}/test/payments`);
    await watching.page.getByText('Live updates on').waitFor();
    const times = [];
    for (let n = 0; n < TURNS; n += 1) times.push(await seen(gateway, key, watching.page, acting.page, n));
    times.sort((a, b) => a - b);
    said(
      `a change is seen in the other browser after ${times.map((time) => Math.round(time)).join(', ')} ms`,
    );
    check(
      times.at(-1) <= SEEN_WITHIN_MS,
      `what one completes changes the other's row within ${SEEN_WITHIN_MS} ms`,
      `at most ${Math.round(times.at(-1))} ms`,
    );
    for (const person of [watching, acting]) {
      checkComplaints(person, 'two browsers');
      await person.context.close();
    }
  } finally {
    await gateway.stop();
  }
}

/** How long after the press in one browser the row of the other one has its new word. Both clocks are this machine's. */
async function seen(gateway, key, watching, acting, n) {
  const { data } = await call(gateway.url, key, 'GET', `/api/payments?reference_id=TURN_${n}`);
  await acting.goto(`${gateway.url}/pay/${data[0].payment_id}`);
  const row = watching.locator('tr', { hasText: `TURN_${n}` });
  await row.getByText('Pending').waitFor();
  const changed = row.evaluate(
    (element) =>
      new Promise((resolve) => {
        const look = () =>
          element.textContent.includes('Succeeded') && resolve(performance.timeOrigin + performance.now());
        new MutationObserver(look).observe(element, { subtree: true, childList: true, characterData: true });
        look();
      }),
  );
  await acting.evaluate(() => {
    document.addEventListener(
      'submit',
      () => sessionStorage.setItem('pressed', String(performance.timeOrigin + performance.now())),
      true,
    );
  });
  await acting.getByTestId('simulate-success').click();
  const at = await changed;
  const pressed = Number(await acting.evaluate(() => sessionStorage.getItem('pressed')));
  return at - pressed;
}
