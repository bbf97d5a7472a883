import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { delay, HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { delivery, list, payment, payments, refuse, routes, show } from './testing';

const one = payment(1);
// Typing takes its time on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  localStorage.setItem('zw_timeZone', 'UTC');
  server.use(
    ...routes,
    payments(one, payment(2)),
    http.get('/api/payments/:id', ({ params }) =>
      HttpResponse.json({ ...one, payment_id: params.id, app_id: undefined }),
    ),
  );
});
afterEach(() => {
  cleanup();
  localStorage.clear();
  server.resetHandlers();
});
afterAll(() => server.close());

const drawer = () => screen.findByRole('dialog');
const path = (environment = 'test') => `/${environment}/payments/${one.payment_id}?app_id=app_1`;

it('shows a payment that failed: why, its webhooks, its QR code, and nothing to simulate', async () => {
  const failed = {
    ...one,
    status: 'FAILED',
    completed_at: '2026-11-20T10:00:30Z',
    failure_code: 'insufficient_funds',
  };
  server.use(
    http.get('/api/payments/:id', () => HttpResponse.json(failed)),
    http.get('/api/webhooks/deliveries', () => list([delivery()])),
  );
  show(path());
  const pane = within(await drawer());
  expect(await pane.findByText('insufficient_funds')).toBeVisible();
  const webhook = await pane.findByRole('link', { name: 'payment.failed' });
  expect(webhook).toHaveAttribute('href', '/test/webhooks/dlv_1?app_id=app_1');
  expect(pane.getByRole('img', { name: /QR code/ })).toHaveAttribute(
    'src',
    `/api/payments/${one.payment_id}/qr.svg?app_id=app_1`,
  );
  expect(pane.queryByRole('button', { name: 'Mark succeeded' })).toBeNull();
});

it('tells the gateway’s timeline: who did what, each attempt with its code and time', async () => {
  const entry = { object: 'timeline_entry', actor: null, address: null, delivery_id: null, attempt: null };
  server.use(
    http.get('/api/payments/:id/timeline', () =>
      list([
        { ...entry, at: '2026-11-20T10:00:00Z', kind: 'created', text: 'A payment was created.' },
        {
          ...entry,
          at: '2026-11-20T10:00:30Z',
          kind: 'completed',
          text: 'The payment succeeded.',
          actor: { type: 'user', id: 'usr_1', name: 'ada@example.com' },
          address: '10.0.0.4',
        },
        {
          ...entry,
          at: '2026-11-20T10:00:31Z',
          kind: 'attempt',
          text: 'Attempt 1 to deliver payment.success to https://shop.example was answered with 503.',
          actor: { type: 'system', id: null, name: null },
          delivery_id: 'dlv_1',
          attempt: 1,
          http_status: 503,
          duration_ms: 1042,
        },
      ]),
    ),
  );
  show(path());
  const pane = within(await drawer());
  expect(await pane.findByText('by ada@example.com, 10.0.0.4')).toBeVisible();
  const attempt = pane.getByRole('link', {
    name: 'Attempt 1 to deliver payment.success to https://shop.example',
  });
  expect(attempt).toHaveAttribute('href', '/test/webhooks/dlv_1?app_id=app_1');
  expect(attempt.closest('li')).toHaveTextContent(/^503Attempt 1 .*1.0 s, 20 Nov, 10:00:31$/);
});

it('finds the app of a payment that the address does not name', async () => {
  server.use(
    payments(),
    http.get('/api/search', () =>
      HttpResponse.json({ data: [{ kind: 'payment', id: one.payment_id, app_id: 'app_2' }] }),
    ),
  );
  show(`/test/payments/${one.payment_id}`);
  expect(await within(await drawer()).findByText('Pixel Arcade')).toBeVisible();
});

it('ends a test payment at a press: at once on the screen, row and record alike', async () => {
  server.use(
    http.post('/api/payments/:id/complete', async ({ request }) => {
      expect(await request.json()).toEqual({ status: 'SUCCESS', notes: 'Paid in cash' });
      await delay(50);
      return HttpResponse.json({ ...one, status: 'SUCCESS', notes: 'Paid in cash' });
    }),
  );
  show(path());
  const pane = within(await drawer());
  await userEvent.type(await pane.findByLabelText('Notes'), 'Paid in cash');
  await userEvent.click(pane.getByRole('button', { name: 'Mark succeeded' }));
  expect(pane.getByText('Succeeded', { selector: 'span span' })).toBeVisible();
  const link = await screen.findByRole('link', { name: one.payment_id, hidden: true });
  expect(link.closest('tr')).toHaveTextContent('Succeeded');
  expect(await pane.findByText('Paid in cash')).toBeVisible();
});

it('takes the end back when it is refused, and says what the payment is since when', async () => {
  const paid = { ...one, status: 'SUCCESS', completed_at: '2026-11-20T10:35:00Z' };
  server.use(
    http.post('/api/payments/:id/complete', () =>
      refuse(409, 'payment_already_final', 'x', { payment: paid }),
    ),
  );
  show(path());
  const pane = within(await drawer());
  await userEvent.click(await pane.findByRole('button', { name: 'Mark failed' }));
  expect(await pane.findByText(/already SUCCESS since 10:35:00/)).toBeVisible();
  expect(pane.queryByRole('button', { name: 'Mark failed' })).toBeNull();
  cleanup();
  server.use(
    http.post('/api/payments/:id/complete', () =>
      refuse(400, 'invalid', 'Lower case, please.', { param: 'failure_code' }),
    ),
  );
  show(path());
  const again = within(await drawer());
  await userEvent.type(await again.findByLabelText('Failure code'), 'NO');
  await userEvent.click(again.getByRole('button', { name: 'Mark failed' }));
  expect(await again.findByText('Lower case, please.')).toBeVisible();
  expect(again.getByRole('button', { name: 'Mark failed' })).toBeEnabled();
  expect(again.getByLabelText('Failure code')).toHaveValue('NO');
});

it('asks before it ends a production payment', async () => {
  let ends = 0;
  server.use(
    http.post('/api/payments/:id/cancel', () => {
      ends += 1;
      return HttpResponse.json({ ...one, status: 'FAILED', failure_code: 'canceled' });
    }),
  );
  show(path('production'));
  const pane = within(await drawer());
  await userEvent.click(await pane.findByRole('button', { name: 'Cancel payment' }));
  expect(ends).toBe(0);
  const question = within(await screen.findByRole('dialog', { name: /Cancel payment/ }));
  await userEvent.click(question.getByRole('button', { name: 'Cancel payment' }));
  await waitFor(() => expect(ends).toBe(1));
  expect(await pane.findByText('canceled')).toBeInTheDocument();
});

it('goes to the next record by ] and closes to the list with its filters', async () => {
  const router = show(`/test/payments/${one.payment_id}?status=PENDING&app_id=app_1`);
  await screen.findByRole('button', { name: 'Next payment' });
  await userEvent.keyboard(']');
  await waitFor(() => expect(router.state.location.pathname).toContain(payment(2).payment_id));
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/test/payments'));
  expect(router.state.location.search).toBe('?status=PENDING');
});

it('creates a payment: errors at their fields, the same key for the same request, then the code', async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post('/api/payments/create', async ({ request }) => {
      keys.push(request.headers.get('idempotency-key'));
      const body = (await request.json()) as { amount: string };
      if (keys.length === 1) return refuse(503, 'busy', 'The database is away.');
      if (body.amount === '1.234')
        return refuse(400, 'amount_too_precise', 'At most 2 decimals.', { param: 'amount' });
      expect(body).toMatchObject({ currency: 'COINS', metadata: { seat: 'A4' } });
      return HttpResponse.json({ ...one, amount: 1.23 }, { status: 201 });
    }),
  );
  const router = show('/test/payments?create=1');
  const form = within(await screen.findByRole('dialog'));
  await userEvent.type(await form.findByLabelText('Amount'), '1.234');
  await userEvent.type(form.getByLabelText('Metadata'), 'seat=A4');
  const press = () => userEvent.click(form.getByRole('button', { name: 'Create payment' }));
  await press();
  expect(await form.findByText('The database is away.')).toBeVisible();
  await press();
  expect(await form.findByText('At most 2 decimals.')).toBeVisible();
  expect(keys[1]).toBe(keys[0]);
  await userEvent.type(form.getByLabelText('Amount'), '{Backspace}');
  await press();
  expect(await screen.findByRole('heading', { name: '1.23 COINS is ready to be paid' })).toBeVisible();
  expect(keys[2]).not.toBe(keys[0]);
  await userEvent.click(screen.getByRole('button', { name: 'Create another' }));
  const another = within(await screen.findByRole('dialog'));
  await userEvent.type(another.getByLabelText('Amount'), '1.23');
  await userEvent.type(another.getByLabelText('Metadata'), 'seat=A4');
  await userEvent.click(another.getByRole('button', { name: 'Create payment' }));
  await userEvent.click(await screen.findByRole('link', { name: 'Open the record' }));
  expect(new Set(keys).size).toBe(3);
  expect(router.state.location.search).toBe('?app_id=app_1');
});
