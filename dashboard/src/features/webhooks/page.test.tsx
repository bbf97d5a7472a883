import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { DeliveryDrawer } from './drawer';
import { app, attempt, endpoint, NOW, PAY, row } from './fixtures';
import { WebhooksPage } from './page';

const list = (data: unknown[], more: object = {}) =>
  HttpResponse.json({ object: 'list', data, has_more: false, next_cursor: null, ...more });
const refuse = (status: number, code: string, message: string, param?: string) =>
  HttpResponse.json(
    { error: { type: 'x', code, message, param, errors: [], doc_url: '', request_id: 'req_1' } },
    { status },
  );

const server = setupServer();
let queries: QueryClient;
/** What the list of deliveries was asked for, each time. */
let asked: URLSearchParams[] = [];
let deliveries: unknown[] = [];

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  asked = [];
  deliveries = [row(2, { status: 'FAILED', response_status: null, error: 'timed_out: no answer' }), row(1)];
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(['account'], { user: { user_id: 'usr_1', role: 'member' } });
  server.use(
    http.get('/api/apps', () => list([app('Acme'), app('Bazaar'), app('Live', 'production')])),
    http.get('/api/webhooks/deliveries', ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return list(deliveries);
    }),
    http.get('/api/webhooks/endpoints', () => list([endpoint()])),
    http.get('/api/webhooks/queue', () => list([], { total_count: 0 })),
    http.get('/api/events/:id', () =>
      HttpResponse.json({ seq: 1, event_id: 'evt_1', event: 'payment.success' }),
    ),
  );
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
});
afterAll(() => server.close());

function show(path: string) {
  const children = [{ path: ':deliveryId', Component: DeliveryDrawer }];
  const router = createMemoryRouter([{ path: '/:environment/webhooks', Component: WebhooksPage, children }], {
    initialEntries: [path],
  });
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
const last = () => asked.at(-1) ?? new URLSearchParams();

it('lists the last 24 hours of the environment, with the word of an error', async () => {
  show('/test/webhooks');
  const table = await screen.findByRole('table', { name: 'Deliveries' });
  expect(within(table).getByText('timeout')).toBeInTheDocument();
  expect(within(table).getAllByText('Acme → shop1.example')).not.toHaveLength(0);
  expect(last().get('environment')).toBe('test');
  const hours = (Date.now() - Date.parse(last().get('created_after') ?? '')) / 3_600_000;
  expect(Math.round(hours)).toBe(24);
  expect(within(table).getAllByRole('link')[0]).toHaveAttribute(
    'href',
    '/test/webhooks/dlv_2?app_id=app_Acme',
  );
});

it('takes filters from the address and puts them there', async () => {
  const router = show(`/test/webhooks?status=FAILED&app_id=app_Acme&payment_id=${PAY}&range=7d`);
  await screen.findByRole('table', { name: 'Deliveries' });
  expect(Object.fromEntries(last())).toMatchObject({ status: 'FAILED', app_id: 'app_Acme', payment_id: PAY });
  expect(last().has('environment')).toBe(false);
  expect(screen.getByLabelText('Time')).toHaveValue('7d');
  await userEvent.selectOptions(screen.getByLabelText('Event type'), 'payment.failed');
  expect(new URLSearchParams(router.state.location.search).get('type')).toBe('payment.failed');
  await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }));
  expect(router.state.location.search).toBe('');
});

it('shows the API’s message when the list fails, and tries again', async () => {
  server.use(
    http.get('/api/webhooks/deliveries', () => refuse(500, 'internal', 'Something broke.'), { once: true }),
  );
  show('/test/webhooks');
  expect(await screen.findByRole('alert')).toHaveTextContent('Something broke.');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('table', { name: 'Deliveries' })).toBeInTheDocument();
});

it('says why the list is empty: no match, nothing in the range, or no endpoint', async () => {
  deliveries = [];
  const router = show('/test/webhooks?status=FAILED');
  expect(await screen.findByText('No delivery matches')).toBeInTheDocument();
  await router.navigate('/test/webhooks');
  expect(await screen.findByText('No deliveries in the last 24 hours')).toBeInTheDocument();
  server.use(http.get('/api/webhooks/endpoints', () => list([])));
  await queries.invalidateQueries();
  expect(await screen.findByText('No endpoint yet')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: 'Use the Inbox' })).toHaveAttribute(
    'href',
    '/test/webhooks?tab=inbox',
  );
});

it('offers an app where there is none', async () => {
  server.use(http.get('/api/apps', () => list([])));
  show('/production/webhooks');
  expect(await screen.findByText('No apps in production')).toBeInTheDocument();
});

it('holds new rows back behind a pill until the tail is on', async () => {
  show('/test/webhooks');
  await screen.findByRole('table', { name: 'Deliveries' });
  deliveries = [row(3), ...deliveries];
  await queries.invalidateQueries({ queryKey: ['deliveries'] });
  expect(await screen.findByRole('button', { name: '1 new' })).toBeInTheDocument();
  expect(screen.queryByText('Acme → shop3.example')).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: '1 new' }));
  expect(screen.getAllByText('Acme → shop3.example')).not.toHaveLength(0);
  await userEvent.click(screen.getByRole('switch', { name: /Tail/ }));
  deliveries = [row(4), ...deliveries];
  await queries.invalidateQueries({ queryKey: ['deliveries'] });
  expect((await screen.findAllByText('Acme → shop4.example')).length).toBeGreaterThan(0);
});

it('moves with j, and r sends the row again', async () => {
  let sent = '';
  server.use(
    http.post('/api/webhooks/deliveries/:id/retry', ({ params, request }) => {
      sent = `${params.id}${new URL(request.url).search}`;
      return HttpResponse.json(row(9));
    }),
  );
  show('/test/webhooks');
  await screen.findByRole('table', { name: 'Deliveries' });
  await userEvent.keyboard('jr');
  expect(await screen.findByText(/Sent again as a new delivery/)).toBeInTheDocument();
  expect(sent).toBe('dlv_2?app_id=app_Acme');
});

it('shows a delivery with its attempts, the newest first, and what differs between answers', async () => {
  const attempts_log = [attempt(1, 503, 'later'), attempt(2, 200, 'ok')];
  server.use(
    http.get('/api/webhooks/deliveries/dlv_1', () =>
      HttpResponse.json({ ...row(1, { attempts: 2 }), attempts_log }),
    ),
  );
  const router = show('/test/webhooks/dlv_1?app_id=app_Acme&app=app_Acme&status=DELIVERED');
  const nodes = await screen.findAllByRole('button', { name: /Attempt \d/, expanded: undefined });
  expect(nodes[0]).toHaveTextContent('200Attempt 2');
  expect(nodes[0]).toHaveAttribute('aria-expanded', 'true');
  await userEvent.click(screen.getByRole('button', { name: 'Compare with attempt 1' }));
  expect(screen.getByText('− HTTP 503')).toBeInTheDocument();
  expect(screen.getByText('+ HTTP 200')).toBeInTheDocument();
  await userEvent.click(screen.getByRole('tab', { name: 'Request' }));
  expect(screen.getByText(/The log keeps the hash alone/)).toBeInTheDocument();
  expect(router.state.location.search).toContain('part=request');
  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/test/webhooks'));
  expect(Object.fromEntries(new URLSearchParams(router.state.location.search))).toEqual({
    app_id: 'app_Acme',
    status: 'DELIVERED',
  });
});

it('counts what a recovery would send before it runs', async () => {
  const bodies: unknown[] = [];
  server.use(
    http.post('/api/webhooks/replay', async ({ request }) => {
      const body = (await request.json()) as { dry_run: boolean };
      bodies.push(body.dry_run);
      return HttpResponse.json({ object: 'replay', count: 17, has_more: false, dry_run: body.dry_run });
    }),
  );
  show('/test/webhooks');
  await userEvent.click(await screen.findByRole('button', { name: 'Recover failed' }));
  const dialog = await screen.findByRole('dialog');
  expect(bodies).toEqual([]);
  await userEvent.selectOptions(within(dialog).getByLabelText('App'), 'app_Acme');
  await userEvent.click(await within(dialog).findByRole('button', { name: 'Send 17 deliveries again' }));
  expect(await within(dialog).findByText('17 deliveries on the way again.')).toBeInTheDocument();
  expect(bodies).toEqual([true, false]);
});

it('counts a waiting delivery down and cancels it', async () => {
  const next_attempt_at = new Date(Date.now() + 20_000).toISOString();
  const waiting = row(1, { status: 'PENDING', response_status: 503, next_attempt_at, finished_at: null });
  let canceled = '';
  server.use(
    http.get('/api/webhooks/queue', () => list([waiting], { total_count: 1 })),
    http.post('/api/webhooks/deliveries/:id/cancel', ({ params }) => {
      canceled = String(params.id);
      return HttpResponse.json({ ...waiting, status: 'CANCELED' });
    }),
  );
  show('/test/webhooks?tab=queue');
  const table = await screen.findByRole('table', { name: 'Retry queue' });
  expect(within(table).getAllByText(/^in (19|20)s$/)).not.toHaveLength(0);
  expect(screen.getByText(/1 delivery waits/)).toHaveTextContent('now, then +5 s, +30 s and +5 min');
  await userEvent.click(screen.getByRole('button', { name: /^Cancel/ }));
  expect(await screen.findByText(/It will not be tried again/)).toBeInTheDocument();
  expect(canceled).toBe('dlv_1');
});

it('puts the API’s errors at the fields of an endpoint, and keeps sealed headers', async () => {
  let body: Record<string, unknown> = {};
  server.use(
    http.patch('/api/webhooks/endpoints/whe_1', async ({ request }) => {
      body = (await request.json()) as Record<string, unknown>;
      return refuse(400, 'url_forbidden', 'The address is private.', 'url');
    }),
  );
  show('/test/webhooks?tab=endpoints&app_id=app_Acme');
  expect((await screen.findAllByText('It failed for five days')).length).toBeGreaterThan(0);
  await userEvent.click(screen.getByRole('button', { name: /^Actions for/ }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save changes' }));
  expect(await within(dialog).findByText('The address is private.')).toBeInTheDocument();
  expect(within(dialog).getByLabelText('URL')).toHaveAttribute('aria-invalid', 'true');
  expect(body).not.toHaveProperty('headers');
});

it('shows what came to the inbox, and empties it after a question', async () => {
  let messages: unknown[] = [
    {
      object: 'inbox_message',
      message_id: 'msg_1',
      received_at: NOW,
      headers: { 'webhook-id': 'evt_1' },
      body: '{"a":1}',
      is_signature_valid: true,
      event_type: 'payment.success',
      payment_id: PAY,
    },
  ];
  server.use(
    http.get('/api/apps/app_Acme/inbox', () =>
      HttpResponse.json({ object: 'inbox', url: 'https://gw/inbox/x', keeps: 100 }),
    ),
    http.get('/api/apps/app_Acme/inbox/messages', () => list(messages)),
    http.delete('/api/apps/app_Acme/inbox/messages', () => {
      messages = [];
      return HttpResponse.json({ deleted_count: 1 });
    }),
  );
  show('/test/webhooks?tab=inbox&message=msg_1');
  expect(await screen.findByText('Signature valid')).toBeInTheDocument();
  expect(screen.getByRole('link', { name: PAY })).toHaveAttribute(
    'href',
    `/test/payments/${PAY}?app_id=app_Acme`,
  );
  expect(await screen.findByRole('button', { name: /Use it as this app/ })).toBeEnabled();
  await userEvent.click(screen.getByRole('button', { name: 'Empty' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Empty inbox' }));
  expect(await screen.findByText('Nothing has come yet')).toBeInTheDocument();
});
