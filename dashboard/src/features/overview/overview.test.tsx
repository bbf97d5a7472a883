import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { OverviewPage } from './page';

const APP = {
  app_id: 'app_1',
  name: 'Acme Events',
  environment: 'test',
  is_active: true,
  owner_user_id: null,
  rate_limit: null,
  monthly_payments_max: null,
  created_at: '2026-01-26T10:35:00Z',
};
const counts = (created: number, success: number, failed: number) => ({
  created,
  success,
  failed,
  expired: 0,
  success_rate: success + failed ? success / (success + failed) : null,
});
const tally = (payments: number, volume: number) => ({ payments, volume });
const currency = (name: string) => ({ currency: name });
const overview = {
  total: 200,
  currencies: [currency('COINS'), currency('GEMS')],
  sparkline: Array.from({ length: 24 }, () => counts(1, 1, 0)),
  last_24h: counts(1, 1, 0),
  previous_24h: counts(0, 0, 0),
};
const payment = {
  payment_id: 'pay_1',
  app_id: 'app_1',
  status: 'SUCCESS',
  amount: 12.5,
  currency: 'COINS',
  reference_id: 'ORDER_1',
  metadata: {},
  payment_url: 'http://x/pay/pay_1',
  expires_at: new Date().toISOString(),
  created_at: new Date().toISOString(),
};
// Roles in a whole page are slow to look up on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
let asked: URL[] = [];

/** The later of two windows has more; which is which is told by `to`. */
const isLatest = (url: URL) => Date.now() - Date.parse(url.searchParams.get('to') ?? '') < 60_000;
const json = (path: string, of: (url: URL) => unknown) =>
  http.get(path, ({ request }) => {
    const url = new URL(request.url);
    asked.push(url);
    return HttpResponse.json(of(url) as object);
  });
const base = [
  json('*/api/apps', () => ({ data: [APP] })),
  json('*/api/analytics/overview', () => overview),
  json('*/api/analytics/status', (url) => (isLatest(url) ? counts(112, 90, 10) : counts(100, 80, 20))),
  json('*/api/analytics/volume', (url) => ({
    currency: url.searchParams.get('currency'),
    data: [
      {
        start: '2026-11-23T10:00:00Z',
        end: '2026-11-23T11:00:00Z',
        created: tally(112, 1120),
        success: tally(90, isLatest(url) ? 1200.5 : 1000),
        failed: tally(10, 100),
        expired: tally(0, 0),
      },
    ],
  })),
  json('*/api/payments', () => ({ data: [payment] })),
  json('*/api/webhooks/deliveries', () => ({ data: [], has_more: false })),
];
const server = setupServer(...base);
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  asked = [];
});
afterAll(() => server.close());

function show(address = '/test') {
  const router = createMemoryRouter([{ path: '/:environment', Component: OverviewPage }], {
    initialEntries: [address],
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
const card = (name: string | RegExp) => {
  const link = screen.getByRole('link', { name });
  return link.closest('.relative') as HTMLElement;
};

describe('the overview', () => {
  it('shows four numbers with what they are compared with, each a link', async () => {
    show();
    expect(await screen.findByText('+12.0%')).toBeVisible();
    expect(within(card('Payments (24h)')).getByText('vs previous 24h')).toBeVisible();
    expect(within(card('Success rate')).getByText('+10.0 pt')).toBeVisible();
    expect(within(card('Success rate')).getByText('90 of 100 settled')).toBeVisible();
    expect(within(card('Volume (24h)')).getByText('1,200.50')).toBeVisible();
    expect(await within(card('Active apps')).findByText(/vs previous 24h/)).toBeVisible();
    const to = screen.getByRole('link', { name: 'Success rate' }).getAttribute('href');
    expect(to).toMatch(/^\/test\/payments\?status=SUCCESS&created_after=.+&created_before=.+/);
  });

  it('takes the range and the currency from the address, and puts them there', async () => {
    const router = show('/test?range=7d');
    await screen.findByText('Payments (7d)');
    const asks = asked.find((url) => url.pathname.endsWith('/status'));
    const days =
      (Date.parse(asks?.searchParams.get('to') ?? '') - Date.parse(asks?.searchParams.get('from') ?? '')) /
      86_400_000;
    expect(days).toBe(7);
    expect(asks?.searchParams.get('environment')).toBe('test');
    await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'Currency' }), 'GEMS');
    expect(router.state.location.search).toBe('?range=7d&currency=GEMS');
    await userEvent.click(screen.getByRole('link', { name: '24h' }));
    expect(router.state.location.search).toBe('?currency=GEMS');
    expect(await screen.findByText('Payments (24h)')).toBeVisible();
  });

  it('offers the same numbers as a table', async () => {
    show();
    await userEvent.click(await screen.findByText('Show as table'));
    const table = screen.getByRole('table', { name: /Payments in COINS/ });
    expect(within(table).getByRole('link')).toHaveAttribute(
      'href',
      '/test/payments?created_after=2026-11-23T10:00:00Z&created_before=2026-11-23T11:00:00Z',
    );
    expect(within(table).getByText('1,200.50')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Copy as CSV' })).toBeVisible();
  });

  it('says how payments ended, each part a link', async () => {
    show();
    const failed = await screen.findByRole('link', { name: /Failed.*10.*10\.0%/ });
    expect(failed.getAttribute('href')).toMatch(/status=FAILED&created_after=/);
  });

  it('puts failed webhooks first, by cause', async () => {
    const failure = (id: string, url: string, response_status: number | null, error: string | null) => ({
      delivery_id: id,
      app_id: 'app_1',
      url,
      response_status,
      error,
      created_at: new Date().toISOString(),
    });
    server.use(
      json('*/api/webhooks/deliveries', () => ({
        has_more: false,
        data: [
          failure('dlv_1', 'https://shop.example.com/a', 503, null),
          failure('dlv_2', 'https://shop.example.com/b', 503, null),
          failure('dlv_3', 'https://other.example.com/', null, 'timed_out: no answer'),
        ],
      })),
    );
    show();
    const box = within(await screen.findByRole('region', { name: 'Webhook health' }));
    expect(box.getByText('3 webhooks failed in the last 24 hours')).toBeVisible();
    const items = box.getAllByRole('listitem');
    expect(items[0]).toHaveTextContent('shop.example.com5032 times');
    expect(items[1]).toHaveTextContent('other.example.comtimed_out1 time');
    expect(box.getByRole('link', { name: 'Review failures' })).toHaveAttribute(
      'href',
      '/test/webhooks?status=FAILED',
    );
  });

  it('leads to the first payment where there is none', async () => {
    server.use(json('*/api/analytics/overview', () => ({ ...overview, total: 0, currencies: [] })));
    show();
    expect(await screen.findByRole('link', { name: 'Get started' })).toHaveAttribute('href', '/test/start');
    expect(screen.queryByText('Payments (24h)')).toBeNull();
  });

  it('shows the error of the gateway and tries again', async () => {
    const error = { code: 'unavailable', message: 'The database rests.', request_id: 'req_1' };
    server.use(
      http.get('*/api/analytics/overview', () => HttpResponse.json({ error }, { status: 503 }), {
        once: true,
      }),
    );
    show();
    expect(await screen.findByText('The database rests.')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Payments (24h)')).toBeVisible();
  });

  it('keeps the rest when one part fails', async () => {
    const error = { code: 'forbidden', message: 'Not yours.' };
    server.use(http.get('*/api/analytics/volume', () => HttpResponse.json({ error }, { status: 403 })));
    show();
    expect(await screen.findByText('Not yours.')).toBeVisible();
    expect(screen.getByText('112')).toBeVisible();
    expect((await screen.findAllByText('ORDER_1')).length).toBe(2);
  });
});
