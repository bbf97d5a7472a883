import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { LiveEvent } from '@/lib/live';
import { asked, delivery, list, payment, payments, refuse, routes, show } from './testing';

const heard = vi.hoisted(() => new Set<(event: LiveEvent, appId: string) => void>());
vi.mock('@/lib/live', async () => {
  const { useEffect } = await import('react');
  return {
    useLiveState: () => 'on',
    useLiveEvents: (listener: (event: LiveEvent, appId: string) => void) =>
      useEffect(() => {
        heard.add(listener);
        return () => void heard.delete(listener);
      }, [listener]),
  };
});
const tell = (changes: Partial<LiveEvent>, appId = 'app_1') =>
  act(() => {
    const event = { seq: 1, timestamp: '2026-11-23T10:00:00Z', metadata: {}, ...changes } as LiveEvent;
    for (const listener of heard) listener(event, appId);
  });

// Typing takes its time on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  asked.length = 0;
  localStorage.setItem('zw_timeZone', 'UTC');
  server.use(...routes, payments(payment(1), payment(2, { status: 'FAILED', app_id: 'app_2' })));
});
afterEach(() => {
  cleanup();
  localStorage.clear();
  server.resetHandlers();
});
afterAll(() => server.close());

const row = async (n: number) =>
  (await screen.findByRole('link', { name: payment(n).payment_id })).closest('tr') as HTMLElement;
const last = () => asked.at(-1)?.toString() ?? '';

it('shows rows with amount, status, app and a link that carries the app', async () => {
  show('/test/payments?status=PENDING,FAILED');
  const first = await row(1);
  expect(first).toHaveTextContent('1.50 COINS');
  expect(first).toHaveTextContent('Pending');
  expect(await within(first).findByText('Acme Events')).toBeVisible();
  expect(screen.getByText('2 payments')).toBeVisible();
  expect(screen.getByRole('link', { name: payment(1).payment_id })).toHaveAttribute(
    'href',
    `/test/payments/${payment(1).payment_id}?status=PENDING%2CFAILED&app_id=app_1`,
  );
});

it('reads filters from the address and asks the API for the same, also in the export', async () => {
  show('/test/payments?status=FAILED,EXPIRED&app=app_1&created_after=2026-11-01T00:00:00Z&q=ORDER');
  await row(1);
  const wanted = 'status=FAILED%2CEXPIRED&app_id=app_1&created_after=2026-11-01T00%3A00%3A00Z&q=ORDER';
  expect(last()).toBe(`${wanted}&limit=50&include=total_count`);
  expect(screen.getByRole('link', { name: 'Export CSV' })).toHaveAttribute(
    'href',
    `/api/payments/export?${wanted}`,
  );
  expect(await screen.findByRole('button', { name: 'App Acme Events' })).toBeVisible();
});

it('turns typed operators into chips of the address, and takes them away again', async () => {
  const router = show('/test/payments');
  await row(1);
  expect(last()).toContain('environment=test');
  expect(screen.queryByRole('button', { name: 'Clear filters' })).toBeNull();
  const box = screen.getByRole('searchbox', { name: 'Search payments' });
  await userEvent.type(box, 'status:failed app:pixel ORDER_2{Enter}');
  await waitFor(() => expect(router.state.location.search).toBe('?status=FAILED&app=app_2&q=ORDER_2'));
  expect(screen.getByRole('button', { name: 'Status Failed' })).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Remove the filter status' }));
  expect(router.state.location.search).toBe('?app=app_2&q=ORDER_2');
  await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
  expect(router.state.location.search).toBe('');
  expect(box).toHaveValue('');
});

it('says what is wrong with an operator and keeps the list', async () => {
  const router = show('/test/payments');
  await row(1);
  await userEvent.type(screen.getByRole('searchbox'), 'app:nobody{Enter}');
  expect(await screen.findByText(/No app’s name begins with "nobody"/)).toBeVisible();
  expect(router.state.location.search).toBe('');
});

it('goes to older payments by cursor and back to the newer ones', async () => {
  server.use(
    http.get('/api/payments', ({ request }) => {
      const cursor = new URL(request.url).searchParams.get('cursor');
      if (cursor === 'c1') return list([payment(3)], { has_more: true, next_cursor: 'c2' });
      if (cursor === 'c2') return list([payment(4)]);
      return list([payment(1)], { has_more: true, next_cursor: 'c1' });
    }),
  );
  const router = show('/test/payments');
  await row(1);
  await userEvent.click(screen.getByRole('button', { name: 'Older' }));
  await row(3);
  await userEvent.click(screen.getByRole('button', { name: 'Older' }));
  await row(4);
  expect(router.state.location.search).toBe('?cursor=c2');
  expect(screen.getByRole('button', { name: 'Older' })).toBeDisabled();
  await userEvent.click(screen.getByRole('button', { name: 'Newer' }));
  await row(3);
  expect(router.state.location.search).toBe('?cursor=c1');
});

it('changes a row in place, and counts new payments of matching apps until they are asked for', async () => {
  show('/test/payments?app=app_1');
  await row(1);
  const before = asked.length;
  tell({ type: 'payment.success', payment_id: payment(1).payment_id, status: 'SUCCESS' });
  expect(await row(1)).toHaveTextContent('Succeeded');
  expect(await row(1)).toHaveClass('animate-tint');
  tell({ type: 'payment.created', payment_id: 'pay_new', status: 'PENDING' });
  tell({ type: 'payment.created', payment_id: 'pay_other', status: 'PENDING' }, 'app_2');
  expect(asked).toHaveLength(before);
  server.use(payments(payment(9)));
  await userEvent.click(screen.getByRole('button', { name: '1 new payment' }));
  await row(9);
  expect(screen.queryByRole('button', { name: /new payment/ })).toBeNull();
});

it('leaves a final payment as it is, whatever comes late', async () => {
  show('/test/payments');
  tell({ type: 'payment.success', payment_id: payment(2).payment_id, status: 'SUCCESS' });
  expect(await row(2)).toHaveTextContent('Failed');
});

it('shows an error with a way to try again', async () => {
  server.use(http.get('/api/payments', () => refuse(503, 'database_unavailable', 'The database is away.')));
  show('/test/payments');
  expect(await screen.findByText('The database is away.')).toBeVisible();
  server.use(payments(payment(1)));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await row(1);
});

it('leads on from an empty list: an app first, then a payment, or fewer filters', async () => {
  server.use(payments());
  const router = show('/test/payments?status=FAILED');
  expect(await screen.findByText('No payment matches')).toBeVisible();
  const [, below] = screen.getAllByRole('button', { name: 'Clear filters' });
  await userEvent.click(below as HTMLElement);
  expect(await screen.findByText('No payments yet')).toBeVisible();
  expect(router.state.location.search).toBe('');
  cleanup();
  server.use(http.get('/api/apps', () => list([])));
  show('/test/payments');
  expect(await screen.findByRole('link', { name: 'Create app' })).toHaveAttribute(
    'href',
    '/test/apps?create=1',
  );
});

it('shows what was chosen of columns and views, and keeps it', async () => {
  show('/test/payments?status=EXPIRED');
  await row(1);
  await userEvent.click(screen.getByRole('button', { name: 'Save view' }));
  await userEvent.type(screen.getByLabelText('Name'), 'Left alone');
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Save view' }));
  expect(screen.getByRole('link', { name: 'Left alone' })).toHaveAttribute('aria-current', 'page');
  expect(JSON.parse(localStorage.getItem('zw_savedViews') ?? '')).toEqual([
    { name: 'Left alone', query: 'status=EXPIRED' },
  ]);
  await userEvent.click(screen.getByRole('button', { name: 'Columns' }));
  await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'Failure code' }));
  expect(screen.getByRole('columnheader', { name: 'Failure code', hidden: true })).toBeInTheDocument();
  expect(localStorage.getItem('zw_paymentColumns')).toBe('amount,status,reference,id,app,created,failure');
});

it('goes from row to row by keys, selects, and resends failed webhooks of the selection', async () => {
  const retried: string[] = [];
  server.use(
    http.get('/api/webhooks/deliveries', ({ request }) =>
      list(request.url.includes(payment(2).payment_id) ? [delivery()] : []),
    ),
    http.post('/api/webhooks/deliveries/:id/retry', ({ params, request }) => {
      retried.push(`${params.id} of ${new URL(request.url).searchParams.get('app_id')}`);
      return HttpResponse.json(delivery({ status: 'PENDING' }));
    }),
  );
  show('/test/payments');
  await row(1);
  await userEvent.keyboard('j');
  expect(screen.getByRole('link', { name: payment(1).payment_id })).toHaveFocus();
  await userEvent.keyboard('xjx');
  expect(screen.getByText('2 payments selected')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Resend webhooks' }));
  expect(await screen.findByText('1 webhook resent')).toBeVisible();
  expect(retried).toEqual(['dlv_1 of app_2']);
});
