import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, Link, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { accountQuery } from '@/lib/session';
import { device } from './device';
import { SettingsPage } from './page';
import { differs } from './system';

const list = (data: unknown[], more: object = {}) =>
  HttpResponse.json({ object: 'list', data, has_more: false, next_cursor: null, ...more });
const fail = (status: number, code: string, message: string, more: object = {}) =>
  HttpResponse.json(
    { error: { type: 'x', code, message, doc_url: '', request_id: 'req_1', ...more } },
    { status },
  );
const ada = {
  user_id: 'usr_1',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'admin',
  is_active: true,
  has_totp: false,
  created_at: '2026-11-20T10:00:00Z',
};
const account = (more: object = {}, left = 0) => ({
  object: 'account',
  user: { ...ada, ...more },
  recovery_codes_left: left,
  confirmed_until: null,
});
const notifications = (more: object = {}) => ({
  object: 'notification_settings',
  email: { webhook_failing: true, key_changed: true, sign_in: true, usage_limit: false },
  email_configured: true,
  email_address: 'ada@example.com',
  ...more,
});
const session = (id: string, more: object = {}) => ({
  session_id: id,
  is_current: false,
  address: '203.0.113.7',
  user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  created_at: '2026-11-20T10:00:00Z',
  last_used_at: '2026-11-20T10:00:00Z',
  expires_at: '2026-12-20T10:00:00Z',
  ...more,
});
const system = {
  version: '9.8.7',
  started_at: '2026-11-20T10:00:00Z',
  database: { kind: 'sqlite', size_bytes: 2_500_000 },
  public_url: 'https://elsewhere.example',
  retention: {
    deliveries_days: 30,
    events_days: 90,
    idempotency_keys_hours: 24,
    alerts_days: 30,
    inbox_messages: 100,
  },
  webhooks: {
    allowed_ranges: { test: ['127.0.0.0/8'], production: [] },
    timeout_ms: 10_000,
    disable_after_s: 432_000,
  },
  email: { is_configured: false, from: null },
  metrics: true,
};

// The page is long: a busy machine takes its time.
vi.setConfig({ testTimeout: 20_000 });

const server = setupServer();
let queries: QueryClient;
let audited: string[] = [];
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() => {
  audited = [];
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(accountQuery.queryKey, account() as never);
  server.use(
    http.get('/api/auth/me', () => HttpResponse.json(account())),
    http.get('/api/auth/sessions', () =>
      list([session('ses_1', { is_current: true }), session('ses_2', { user_agent: 'curl/8.5.0' })]),
    ),
    http.get('/api/settings/notifications', () => HttpResponse.json(notifications())),
    http.get('/api/settings/system', () => HttpResponse.json(system)),
    http.get('/api/apps', () => list([])),
    http.get('/api/users', () => list([ada])),
    http.get('/api/users/invitations', () => list([])),
    http.get('/api/audit', ({ request }) => {
      audited.push(new URL(request.url).search);
      return list([], { next_cursor: 'next' });
    }),
  );
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
});
afterAll(() => server.close());

function show(path = '/settings') {
  const router = createMemoryRouter(
    [
      {
        path: '/settings',
        element: (
          <>
            <Link to="/elsewhere">Elsewhere</Link>
            <SettingsPage />
          </>
        ),
      },
      { path: '/elsewhere', element: <p>elsewhere</p> },
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
const section = (name: string) => within(screen.getByRole('region', { name }));

it('shows members their own sections alone', async () => {
  queries.setQueryData(accountQuery.queryKey, account({ role: 'member' }) as never);
  show();
  expect(screen.getByRole('region', { name: 'Sessions' })).toBeVisible();
  for (const name of ['Users', 'Audit log', 'System'])
    expect(screen.queryByRole('region', { name })).toBeNull();
});

it('saves the name and says so, and asks before an unsaved one is left behind', async () => {
  server.use(http.patch('/api/auth/me', () => HttpResponse.json({ ...ada, name: 'Ada L' })));
  const router = show();
  const box = section('Account').getByLabelText('Name');
  await userEvent.type(box, ' L');
  await userEvent.click(screen.getByRole('link', { name: 'Elsewhere' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.click(dialog.getByRole('button', { name: 'Stay' }));
  expect(router.state.location.pathname).toBe('/settings');
  server.use(http.get('/api/auth/me', () => HttpResponse.json(account({ name: 'Ada L' }))));
  await userEvent.click(section('Account').getByRole('button', { name: 'Save' }));
  expect(await section('Account').findByText('Saved')).toBeVisible();
  await userEvent.click(screen.getByRole('link', { name: 'Elsewhere' }));
  expect(await screen.findByText('elsewhere')).toBeVisible();
});

it('keeps zone, theme and density in the browser', async () => {
  show();
  await userEvent.selectOptions(section('Account').getByLabelText('Time zone'), 'Asia/Tokyo');
  await userEvent.selectOptions(section('Account').getByLabelText('Rows'), 'compact');
  expect(localStorage.getItem('zw_timeZone')).toBe('Asia/Tokyo');
  expect(document.documentElement.dataset.density).toBe('compact');
  localStorage.clear();
});

it('says beside the field what is wrong with a new password', async () => {
  server.use(
    http.post('/api/auth/password', () =>
      fail(400, 'password_too_short', 'A password has at least 8 characters.', { param: 'new_password' }),
    ),
  );
  show();
  await userEvent.type(section('Password').getByLabelText('Current password'), 'old one');
  await userEvent.type(section('Password').getByLabelText('New password'), 'short');
  await userEvent.click(section('Password').getByRole('button', { name: 'Change password' }));
  expect(await section('Password').findByText('A password has at least 8 characters.')).toBeVisible();
  expect(section('Password').getByLabelText('New password')).toBeInvalid();
});

it('sets up the second factor: QR code, first code, recovery codes once', async () => {
  server.use(
    http.get('/api/apps', () => fail(403, 'totp_enrolment_required', 'Set one up.')),
    http.post('/api/auth/totp/start', () =>
      HttpResponse.json({ object: 'totp', secret: 'JBSWY3DP', otpauth_url: 'otpauth://x', qr_svg: '<svg/>' }),
    ),
    http.post('/api/auth/totp/confirm', () =>
      HttpResponse.json({ recovery_codes: ['aaa-bbb', 'ccc-ddd'], session: {} }),
    ),
  );
  show();
  const factor = section('Second factor');
  expect(await factor.findByText(/asks everybody for a second factor/)).toBeVisible();
  await userEvent.click(factor.getByRole('button', { name: 'Set up' }));
  expect(await factor.findByRole('img')).toHaveAttribute('src', 'data:image/svg+xml,%3Csvg%2F%3E');
  expect(factor.getByText('JBSWY3DP')).toBeVisible();
  await userEvent.type(factor.getByLabelText('Code that the app shows'), '12 34 56');
  await userEvent.click(factor.getByRole('button', { name: 'Turn on' }));
  expect(await factor.findByText(/aaa-bbb/)).toBeVisible();
  expect(factor.getByRole('button', { name: 'Done' })).toBeDisabled();
  await userEvent.click(factor.getByLabelText('I stored them'));
  await userEvent.click(factor.getByRole('button', { name: 'Done' }));
  expect(factor.queryByText(/aaa-bbb/)).toBeNull();
  const cached = JSON.stringify(
    queries
      .getQueryCache()
      .getAll()
      .map(({ state }) => state.data),
  );
  expect(cached).not.toMatch(/aaa-bbb|JBSWY3DP/);
});

it('names the sessions’ devices and ends one', async () => {
  let ended = '';
  server.use(
    http.delete('/api/auth/sessions/:id', ({ params }) => {
      ended = String(params.id);
      return HttpResponse.json({ id: ended, deleted: true });
    }),
  );
  show();
  expect(await section('Sessions').findByText('Firefox on Windows')).toBeVisible();
  await userEvent.click(section('Sessions').getByRole('button', { name: 'End session' }));
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'End session' }));
  await waitFor(() => expect(ended).toBe('ses_2'));
});

it('tells devices by what browsers call themselves', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  expect(device(chrome)).toBe('Chrome on Linux');
  expect(device(`${chrome} Edg/156.0`)).toBe('Edge on Linux');
  expect(
    device('Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1'),
  ).toBe('Safari on iOS');
  expect(device('curl/8.5.0')).toBe('curl');
  expect(device('')).toBe('Unknown device');
});

it('saves alerts, sends a test email, and says when email is not configured', async () => {
  let body: unknown;
  server.use(
    http.patch('/api/settings/notifications', async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(notifications(body as object));
    }),
    http.post('/api/settings/notifications/test', () => fail(502, 'email_failed', '550 no such user')),
  );
  show();
  const part = section('Notifications');
  await userEvent.click(await part.findByLabelText('Email: Monthly limit'));
  await userEvent.click(part.getByRole('button', { name: 'Save' }));
  expect(await part.findByText('Saved')).toBeVisible();
  expect(body).toEqual({
    email: { webhook_failing: true, key_changed: true, sign_in: true, usage_limit: true },
  });
  await userEvent.click(part.getByRole('button', { name: 'Send a test email' }));
  expect(await part.findByRole('alert')).toHaveTextContent('550 no such user');
  cleanup();
  queries.removeQueries({ queryKey: ['notifications'] });
  server.use(
    http.get('/api/settings/notifications', () =>
      HttpResponse.json(notifications({ email_configured: false })),
    ),
  );
  show();
  expect(
    await section('Notifications').findByText(/Email is not configured: set email.smtp_url/),
  ).toBeVisible();
});

it('invites somebody and shows the link once', async () => {
  server.use(
    http.post('/api/users/invitations', async ({ request }) => {
      const { email, role } = (await request.json()) as { email: string; role: string };
      return HttpResponse.json({
        invitation_id: 'lnk_1',
        email,
        role,
        created_at: '2026-11-20T10:00:00Z',
        expires_at: '2026-11-23T10:00:00Z',
        url: 'https://pay.example/invitation#token=t',
      });
    }),
  );
  show();
  await userEvent.click(section('Users').getByRole('button', { name: 'Invite' }));
  await userEvent.type(within(screen.getByRole('dialog')).getByLabelText('Email'), 'grace@example.com');
  await userEvent.click(screen.getByRole('button', { name: 'Make the link' }));
  expect(await screen.findByText('https://pay.example/invitation#token=t')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Done' }));
  expect(screen.queryByText(/#token=t/)).toBeNull();
});

it('keeps the audit log’s filters in the address, and exports by them', async () => {
  const router = show('/settings?action=key.created&cursor=c1#audit');
  const part = section('Audit log');
  await part.findByText('Nothing matches these filters');
  expect(audited[0]).toBe('?action=key.created&cursor=c1&limit=20');
  expect(part.getByLabelText('Action')).toHaveValue('key.created');
  await userEvent.selectOptions(part.getByLabelText('Action'), 'app.deleted');
  expect(router.state.location.search + router.state.location.hash).toBe('?action=app.deleted#audit');
  expect(part.getByRole('link', { name: 'Export NDJSON' })).toHaveAttribute(
    'href',
    '/api/audit/export?action=app.deleted',
  );
  await userEvent.click(part.getByRole('button', { name: 'Clear filters' }));
  expect(router.state.location.search).toBe('');
});

it('describes the system, warns of another public URL, and fails by itself', async () => {
  show();
  expect(await section('System').findByText('9.8.7')).toBeVisible();
  expect(section('System').getByText('SQLite, 2.5 MB')).toBeVisible();
  expect(section('System').getByText(/payment links start with https:\/\/elsewhere.example/)).toBeVisible();
  expect(differs('https://pay.example/base', 'https://pay.example')).toBe(false);
  cleanup();
  queries.removeQueries({ queryKey: ['system'] });
  server.use(http.get('/api/settings/system', () => fail(500, 'internal_error', 'The gateway failed.')));
  show();
  expect(await section('System').findByRole('alert')).toHaveTextContent('The gateway failed.');
  expect(await section('Sessions').findByText('Firefox on Windows')).toBeVisible();
});
