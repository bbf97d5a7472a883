// A gateway for this folder's tests: four apps' worth of routes answered from memory.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { PaymentDrawer } from './drawer';
import { PaymentsPage } from './page';
import type { Delivery, Payment } from './queries';

export const payment = (n: number, changes: Partial<Payment> = {}): Payment => ({
  payment_id: `pay_${String(n).padStart(22, '0')}`,
  app_id: 'app_1',
  status: 'PENDING',
  amount: n + 0.5,
  currency: 'COINS',
  reference_id: `ORDER_${n}`,
  description: null,
  metadata: {},
  payment_url: `http://localhost/pay/pay_${n}`,
  expires_at: '2099-01-01T00:00:00Z',
  created_at: '2026-11-20T10:00:00Z',
  completed_at: null,
  transaction_id: null,
  failure_code: null,
  notes: null,
  ...changes,
});

export const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  delivery_id: 'dlv_1',
  event_id: 'evt_1',
  event_seq: 1,
  type: 'payment.failed',
  payment_id: payment(1).payment_id,
  endpoint_id: 'whe_1',
  url: 'https://shop.example/hook',
  cause: 'event',
  status: 'FAILED',
  attempts: 4,
  next_attempt_at: null,
  response_status: 503,
  error: null,
  created_at: '2026-11-20T10:01:00Z',
  finished_at: '2026-11-20T10:07:00Z',
  ...changes,
});

const app = (n: number, name: string) => ({
  app_id: `app_${n}`,
  name,
  environment: 'test',
  is_active: true,
  owner_user_id: null,
  rate_limit: null,
  monthly_payments_max: null,
  created_at: '2026-11-01T00:00:00Z',
});
export const APPS = [app(1, 'Acme Events'), app(2, 'Pixel Arcade')];

export const list = (data: unknown[], more: object = {}) =>
  HttpResponse.json({ object: 'list', data, has_more: false, next_cursor: null, ...more });
export const refuse = (status: number, code: string, message: string, more: object = {}) =>
  HttpResponse.json(
    { error: { type: 'x', code, message, doc_url: '', request_id: 'req_1', ...more } },
    { status },
  );

/** What the list was asked for, newest last. */
export const asked: URLSearchParams[] = [];

export const payments = (...rows: Payment[]) =>
  http.get('/api/payments', ({ request }) => {
    asked.push(new URL(request.url).searchParams);
    return list(rows, { total_count: rows.length, total_count_capped: false });
  });
export const routes = [
  http.get('/api/apps', () => list(APPS)),
  http.get('/api/webhooks/deliveries', () => list([])),
  http.get('/api/payments/:id/timeline', () => list([])),
];

export function show(path: string) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter(
    [
      {
        path: '/:environment/payments',
        Component: PaymentsPage,
        children: [{ path: ':paymentId', Component: PaymentDrawer }],
      },
      { path: '*', element: <p>elsewhere</p> },
    ],
    { initialEntries: [path] },
  );
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
