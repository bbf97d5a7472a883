import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { App } from '@/lib/apps';
import { AppPage } from './app';
import { changesOf } from './app-settings';
import { expiresAt } from './key-dialogs';
import { AppsPage } from './page';
import { envFile } from './reveal';

const app = (name: string, more: Partial<App> = {}): App => ({
  app_id: `app_${name}`,
  name,
  environment: 'test',
  is_active: true,
  owner_user_id: null,
  rate_limit: 1000,
  monthly_payments_max: null,
  created_at: '2026-11-20T10:00:00Z',
  ...more,
});
const key = (id: string, more: object = {}) => ({
  key_id: `key_${id}`,
  key: `sk_test_…${id}`,
  name: null,
  status: 'active',
  created_at: '2026-11-20T10:00:00Z',
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  last_used_address: null,
  ...more,
});
const list = (data: unknown[]) =>
  HttpResponse.json({ object: 'list', data, has_more: false, next_cursor: null });
const fail = (status: number, code: string, message: string) =>
  HttpResponse.json({ error: { type: 'x', code, message, doc_url: '', request_id: 'req_1' } }, { status });
const day = (date: string, n: number) => ({ date, requests: n, payments: n, deliveries: 0 });
const usage = {
  object: 'app_usage',
  app_id: 'app_Acme',
  month: '2026-11',
  monthly_payments_max: 10,
  monthly_payments_used: 9,
  resets_at: '2026-12-01T00:00:00Z',
  days: [day('2026-11-22', 4), day('2026-11-23', 5)],
  totals: { requests: 1234, payments: 9, deliveries: 0 },
};

const server = setupServer();
let queries: QueryClient;
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(['account'], { user: { user_id: 'usr_1', role: 'admin' } });
  server.use(
    http.get('/api/apps', () =>
      list([app('Acme'), app('Bazaar', { is_active: false }), app('Live', { environment: 'production' })]),
    ),
    http.get('/api/apps/:id/keys', () =>
      list([key('4f2a', { last_used_at: '2026-11-20T10:00:00Z' }), key('0000')]),
    ),
    http.get('/api/apps/:id/usage', () => HttpResponse.json(usage)),
    http.get('/api/users', () => list([])),
  );
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
});
afterAll(() => server.close());

function show(path: string) {
  const router = createMemoryRouter(
    [
      { path: '/:environment/apps', Component: AppsPage },
      { path: '/:environment/apps/:appId', Component: AppPage },
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

it('lists the apps of its environment with their first key and last use', async () => {
  show('/test/apps');
  const row = (await screen.findByRole('link', { name: 'Acme' })).closest('tr') as HTMLElement;
  expect(await within(row).findAllByText('sk_test_…4f2a')).not.toHaveLength(0);
  expect(within(row).getAllByText(/and 1 more/)).not.toHaveLength(0);
  expect(screen.getByRole('link', { name: 'Bazaar' })).toBeVisible();
  expect(screen.getAllByText('Disabled')).not.toHaveLength(0);
  expect(screen.queryByRole('link', { name: 'Live' })).toBeNull();
});

it('keeps the search in the address, and offers to clear one without a match', async () => {
  const router = show('/test/apps?q=baz');
  await screen.findByRole('link', { name: 'Bazaar' });
  expect(screen.queryByRole('link', { name: 'Acme' })).toBeNull();
  await userEvent.type(screen.getByLabelText('Search apps'), 'zz');
  expect(router.state.location.search).toBe('?q=bazzz');
  await userEvent.click(await screen.findByRole('button', { name: 'Clear the search' }));
  expect(router.state.location.search).toBe('');
  expect(await screen.findByRole('link', { name: 'Acme' })).toBeVisible();
});

it('says what to do where there is no app, and where the list failed', async () => {
  server.use(http.get('/api/apps', () => list([])));
  show('/production/apps');
  expect(await screen.findByText('No apps in production')).toBeVisible();
  cleanup();
  queries.clear();
  server.use(http.get('/api/apps', () => fail(500, 'internal_error', 'The gateway failed.')));
  show('/test/apps');
  expect(await screen.findByRole('alert')).toHaveTextContent('The gateway failed.');
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});

it('makes an app, shows its secrets once, and keeps them out of the cache and the address', async () => {
  let body: unknown;
  server.use(
    http.post('/api/apps', async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(
        { app: app('Shop'), api_key: 'sk_test_whole', webhook_secret: 'whsec_whole' },
        { status: 201 },
      );
    }),
  );
  const router = show('/test/apps?create=1');
  await userEvent.type(await screen.findByLabelText('Name'), 'Shop');
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create app' }));
  expect(await screen.findByText('sk_test_whole')).toBeVisible();
  expect(screen.getByText('whsec_whole')).toBeVisible();
  expect(body).toEqual({ name: 'Shop', environment: 'test' });
  const cached = JSON.stringify(
    [queries.getQueryCache(), queries.getMutationCache()].map((cache) =>
      cache.getAll().map(({ state }) => state),
    ),
  );
  expect(cached).not.toContain('whole');
  expect(router.state.location.search).toBe('');
  expect(screen.getByRole('button', { name: 'Done' })).toBeDisabled();
  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  expect(screen.getByText(/Nobody can show these again/)).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Go back' }));
  await userEvent.click(screen.getByLabelText('I stored them'));
  await userEvent.click(screen.getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/test/apps/app_Shop'));
});

it('writes an .env file that no name can break', () => {
  const secrets = [{ name: 'API key', variable: 'ZENWALLET_API_KEY', value: 'sk_test_x' }];
  expect(envFile({ title: '', app: 'A\nEVIL=1', secrets })).toBe(
    `# A EVIL=1\nZENWALLET_URL=${location.origin}\nZENWALLET_API_KEY=sk_test_x\n`,
  );
});

it('deletes by the typed name, and says why it cannot', async () => {
  server.use(
    http.delete('/api/apps/:id', () =>
      fail(409, 'app_has_pending_payments', 'The app has pending payments.'),
    ),
  );
  show('/test/apps/app_Acme?tab=settings');
  await userEvent.click(await screen.findByRole('button', { name: 'Delete app' }));
  const dialog = within(screen.getByRole('dialog'));
  expect(dialog.getByRole('button', { name: 'Delete app' })).toBeDisabled();
  expect(await dialog.findByText(/Today \(UTC\): 5 requests/)).toBeVisible();
  await userEvent.type(dialog.getByRole('textbox'), 'Acme');
  await userEvent.click(dialog.getByRole('button', { name: 'Delete app' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('The app has pending payments.');
});

it('shows the use by day and warns near the monthly limit', async () => {
  show('/test/apps/app_Acme');
  expect(await screen.findByText('1,234')).toBeVisible();
  expect(screen.getByRole('meter', { name: 'Monthly limit' })).toHaveAttribute('aria-valuenow', '9');
  expect(screen.getByText(/More than 80 % is used/)).toBeVisible();
  expect(
    within(screen.getByRole('table', { hidden: true })).getAllByRole('row', { hidden: true }),
  ).toHaveLength(3);
});

it('keeps the tab in the address and hides the log from members', async () => {
  queries.setQueryData(['account'], { user: { user_id: 'usr_2', role: 'member' } });
  const router = show('/test/apps/app_Acme');
  const tabs = within(await screen.findByRole('navigation', { name: 'Parts of the app' }));
  expect(tabs.queryByRole('link', { name: 'Log' })).toBeNull();
  await userEvent.click(tabs.getByRole('link', { name: 'Keys' }));
  expect(router.state.location.search).toBe('?tab=keys');
  expect(await screen.findByRole('button', { name: 'Create key' })).toBeVisible();
});

it('rotates a key with an overlap and tells when the old one ends', async () => {
  let body: unknown;
  const soon = new Date(Date.now() + 23.5 * 3_600_000).toISOString();
  server.use(
    http.get('/api/apps/:id/keys', () =>
      list([key('4f2a', { expires_at: soon, last_used_at: soon, last_used_address: '10.0.0.4' })]),
    ),
    http.post('/api/apps/:id/keys/:key/rotate', async ({ request }) => {
      body = await request.json();
      return HttpResponse.json({ key: key('new1'), api_key: 'sk_test_rotated' }, { status: 201 });
    }),
  );
  show('/test/apps/app_Acme?tab=keys');
  expect(await screen.findAllByText('Expires in 23h')).not.toHaveLength(0);
  expect(screen.getAllByText(/by 10.0.0.4/)).not.toHaveLength(0);
  await userEvent.click(screen.getByRole('button', { name: 'Actions for the key sk_test_…4f2a' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Rotate' }));
  await userEvent.selectOptions(await screen.findByLabelText('The old key expires'), 'In 1 hour');
  await userEvent.click(screen.getByRole('button', { name: 'Rotate key' }));
  expect(await screen.findByText('sk_test_rotated')).toBeVisible();
  expect(body).toEqual({ overlap: 3600 });
});

it('counts a key’s expiry in days, or to the end of a chosen day', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  expect(expiresAt('never', '', now)).toBeUndefined();
  expect(expiresAt('30', '', now)).toBe('2026-12-23T12:00:00.000Z');
  expect(expiresAt('custom', '2026-12-01', now)).toBe(new Date('2026-12-01T23:59:59').toISOString());
});

it('sends only what was changed', () => {
  const draft = { name: 'Acme ', rate: '', monthly: '500', owner: 'usr_2' };
  expect(changesOf(app('Acme'), draft)).toEqual({
    rate_limit: null,
    monthly_payments_max: 500,
    owner_user_id: 'usr_2',
  });
});

it('leads to the environment of the app', async () => {
  const router = show('/test/apps/app_Live?tab=keys');
  await screen.findByRole('heading', { name: 'Live' });
  expect(router.state.location.pathname + router.state.location.search).toBe(
    '/production/apps/app_Live?tab=keys',
  );
});
