import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OnboardingPage } from './page';
import { envFileOf, hold } from './secrets';

type World = {
  apps: object[];
  payments: { payment_id: string; status: string }[];
  endpoints: { endpoint_id: string; url: string; is_enabled: boolean }[];
  messages: object[];
};
// Roles in a whole page are slow to look up on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
let world: World;
const APP = { app_id: 'app_1', name: 'Acme Events', environment: 'test', is_active: true };
const payment = (status: string) => ({
  payment_id: 'pay_1',
  app_id: 'app_1',
  status,
  amount: 5,
  currency: 'COINS',
  reference_id: 'ORDER_1',
  payment_url: 'http://localhost/pay/pay_1',
});
const INBOX = 'http://localhost/inbox/ibx_1';
const server = setupServer(
  http.get('*/api/apps', () => HttpResponse.json({ data: world.apps })),
  http.post('*/api/apps', async ({ request }) => {
    const body = (await request.json()) as { name: string };
    const app = { ...APP, name: body.name };
    world.apps.push(app);
    return HttpResponse.json(
      { app, api_key: 'sk_test_secretkey', webhook_secret: 'whsec_secret' },
      { status: 201 },
    );
  }),
  http.get('*/api/payments', ({ request }) => {
    const statuses = new URL(request.url).searchParams.get('status')?.split(',');
    return HttpResponse.json({
      data: world.payments.filter((each) => !statuses || statuses.includes(each.status)),
    });
  }),
  http.get('*/api/webhooks/deliveries', () => HttpResponse.json({ data: [] })),
  http.get('*/api/apps/app_1/inbox', () => HttpResponse.json({ url: INBOX, keeps: 100 })),
  http.get('*/api/apps/app_1/inbox/messages', () => HttpResponse.json({ data: world.messages })),
  http.get('*/api/webhooks/endpoints', () => HttpResponse.json({ data: world.endpoints })),
  http.post('*/api/webhooks/endpoints', async ({ request }) => {
    const { url } = (await request.json()) as { url: string };
    world.endpoints.push({ endpoint_id: 'whe_1', url, is_enabled: true });
    return HttpResponse.json(world.endpoints[0], { status: 201 });
  }),
);
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  world = { apps: [], payments: [], endpoints: [], messages: [] };
});
afterEach(() => {
  cleanup();
  act(() => hold(null));
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());

function show() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter(
    [
      { path: '/:environment/start', Component: OnboardingPage },
      { path: '/:environment', element: <p>Overview</p> },
    ],
    { initialEntries: ['/test/start'] },
  );
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return queries;
}
const current = async (title: string) => {
  const heading = await screen.findByRole('heading', { name: title });
  expect(heading.closest('li')).toHaveAttribute('aria-current', 'step');
};

describe('the first steps', () => {
  it('makes an app, shows its secrets until they are stored, then fills the key in', async () => {
    const queries = show();
    await current('Create an app');
    await userEvent.type(screen.getByLabelText('Name'), 'Acme Events');
    await userEvent.click(screen.getByRole('button', { name: 'Create app' }));
    expect(await screen.findByText('sk_test_secretkey')).toBeVisible();
    const done = screen.getByRole('button', { name: 'Done' });
    expect(done).toBeDisabled();
    await userEvent.click(screen.getByRole('checkbox', { name: 'I stored it' }));
    await userEvent.click(done);
    expect(screen.queryByText('whsec_secret')).toBeNull();
    await current('Send your first payment');
    expect(screen.getByText(/Bearer sk_test_secretkey/)).toBeVisible();
    // In this tab's memory alone.
    expect(
      JSON.stringify(
        queries
          .getQueryCache()
          .findAll()
          .map((query) => query.state.data),
      ),
    ).not.toContain('secretkey');
    expect(JSON.stringify({ ...localStorage })).not.toContain('secretkey');
  });

  it('words what is wrong with the name', async () => {
    const error = {
      code: 'parameter_invalid',
      message: 'name is taken',
      param: 'name',
      errors: [{ param: 'name', code: 'parameter_invalid', message: 'name is taken' }],
    };
    server.use(http.post('*/api/apps', () => HttpResponse.json({ error }, { status: 400 })));
    show();
    await userEvent.type(await screen.findByLabelText('Name'), 'Acme');
    await userEvent.click(screen.getByRole('button', { name: 'Create app' }));
    expect(await screen.findByText('name is taken')).toBeVisible();
  });

  it('shows a placeholder for a key that cannot be shown again', async () => {
    world.apps = [APP];
    show();
    await current('Send your first payment');
    expect(screen.getByText(/Bearer sk_test_…/)).toBeVisible();
  });

  it('goes on as payments come and end', async () => {
    world.apps = [APP];
    const queries = show();
    await current('Send your first payment');
    world.payments = [payment('PENDING')];
    await act(() => queries.invalidateQueries({ queryKey: ['payments'] }));
    await current('Open its payment page');
    expect(screen.getByRole('link', { name: 'Open the payment page' })).toHaveAttribute(
      'href',
      'http://localhost/pay/pay_1',
    );
    world.payments = [payment('FAILED')];
    await act(() => queries.invalidateQueries({ queryKey: ['payments'] }));
    await current('Receive your first webhook');
  });

  it('offers the inbox, and is over when a message has arrived', async () => {
    world.apps = [APP];
    world.payments = [payment('SUCCESS')];
    const queries = show();
    await userEvent.click(await screen.findByRole('button', { name: 'Use the inbox' }));
    expect(await screen.findByRole('button', { name: 'Send a test event' })).toBeVisible();
    expect(world.endpoints[0]?.url).toBe(INBOX);
    world.messages = [{}];
    await act(() => queries.invalidateQueries({ queryKey: ['deliveries'] }));
    expect(await screen.findByText('All set')).toBeVisible();
    expect(screen.getByText('4 of 4 steps done in test mode')).toBeVisible();
  });

  it('can be hidden', async () => {
    show();
    await userEvent.click(screen.getByRole('button', { name: 'Hide this' }));
    expect(localStorage.getItem('zw_onboarding')).toBe('hidden');
    expect(screen.getByText('Overview')).toBeVisible();
  });
});

it('writes a .env whose name cannot break out of its comment', () => {
  const file = envFileOf(
    { app_id: 'a', name: 'A\nEVIL=1', api_key: 'k', webhook_secret: 's', isStored: false },
    'http://x',
  );
  expect(file.split('\n')).toEqual([
    '# A EVIL=1',
    'ZENWALLET_URL=http://x',
    'ZENWALLET_API_KEY=k',
    'ZENWALLET_WEBHOOK_SECRET=s',
    '',
  ]);
});
