import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { safeNext } from './enter';
import { ForgotPassword, Invitation, Login, ResetPassword, Setup } from './page';

const sent: { path: string; body: Record<string, unknown> }[] = [];
const grant = { object: 'session', user: { user_id: 'usr_1', has_totp: true, name: 'Ada', role: 'admin' } };
const refuse = (status: number, code: string, message: string, more: object = {}, headers = {}) =>
  HttpResponse.json(
    { error: { type: 'x', code, message, doc_url: '', request_id: 'req_1', ...more } },
    { status, headers },
  );

const server = setupServer();
const answer = (path: string, reply: (body: Record<string, unknown>) => Response | undefined) =>
  server.use(
    http.post(path, async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      sent.push({ path, body });
      return reply(body);
    }),
  );

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
beforeEach(() =>
  server.use(http.get('/api/auth/setup', () => HttpResponse.json({ object: 'setup', is_open: false }))),
);
afterEach(() => {
  cleanup();
  server.resetHandlers();
  sent.length = 0;
  location.hash = '';
});
afterAll(() => server.close());

function show(path: string) {
  const elsewhere = (name: string) => <p>{name}</p>;
  const router = createMemoryRouter(
    [
      { path: '/login', Component: Login },
      { path: '/setup', Component: Setup },
      { path: '/invitation', Component: Invitation },
      { path: '/forgot-password', Component: ForgotPassword },
      { path: '/reset-password', Component: ResetPassword },
      { path: '*', element: elsewhere('inside') },
    ],
    { initialEntries: [path] },
  );
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}

async function fill(email = 'ada@example.com') {
  await userEvent.type(screen.getByLabelText('Email'), email);
  await userEvent.type(screen.getByLabelText('Password'), 'correct horse');
  await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
}

it('leads back to a page of this origin alone', () => {
  expect(safeNext('/test/payments?status=FAILED')).toBe('/test/payments?status=FAILED');
  for (const bad of [
    null,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
  ])
    expect(safeNext(bad)).toBe('/');
});

it('logs in and goes on to where somebody wanted to go', async () => {
  answer('/api/auth/login', () => HttpResponse.json(grant));
  const router = show('/login?next=%2Ftest%2Fpayments%3Fstatus%3DFAILED');
  await fill(' ada@example.com ');
  await screen.findByText('inside');
  expect(router.state.location.pathname + router.state.location.search).toBe('/test/payments?status=FAILED');
  expect(sent[0]?.body).toEqual({ email: 'ada@example.com', password: 'correct horse', use_cookies: true });
});

it('shows a refusal in the API’s words, and a throttle with its wait', async () => {
  answer('/api/auth/login', () => refuse(401, 'login_failed', 'The email address or the password is wrong.'));
  show('/login');
  await fill();
  expect(await screen.findByRole('alert')).toHaveTextContent('The email address or the password is wrong.');
  answer('/api/auth/login', () => refuse(429, 'login_throttled', 'Too many.', {}, { 'retry-after': '90' }));
  await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
  expect(await screen.findByText(/Try again in 1m 30s/)).toBeVisible();
});

it('asks for the second factor, sends six digits by themselves, and takes a recovery code', async () => {
  answer('/api/auth/login', ({ totp_code, recovery_code }) =>
    totp_code === '123456' || recovery_code === 'abcd-efgh'
      ? HttpResponse.json(grant)
      : totp_code
        ? refuse(401, 'totp_invalid', 'The code is wrong.')
        : refuse(401, 'totp_required', 'More is needed.'),
  );
  show('/login');
  await fill();
  const box = await screen.findByLabelText('Code');
  expect(box).toHaveAttribute('autocomplete', 'one-time-code');
  expect(box).toHaveAttribute('inputmode', 'numeric');
  await userEvent.click(box);
  await userEvent.paste('000 000');
  expect(await screen.findByRole('alert')).toHaveTextContent('The code is wrong.');
  await waitFor(() => expect(screen.getByLabelText('Code')).toHaveValue(''));
  await userEvent.click(screen.getByRole('button', { name: 'Use a recovery code' }));
  await userEvent.type(screen.getByLabelText('Recovery code'), 'abcd-efgh');
  await userEvent.click(screen.getByRole('button', { name: 'Log in' }));
  await screen.findByText('inside');
  expect(sent.map(({ body }) => body.totp_code ?? body.recovery_code)).toEqual([
    undefined,
    '000000',
    'abcd-efgh',
  ]);
});

it('leads to the second factor’s settings where the gateway demands one', async () => {
  answer('/api/auth/login', () => HttpResponse.json({ ...grant, user: { ...grant.user, has_totp: false } }));
  server.use(http.get('/api/apps', () => refuse(403, 'totp_enrolment_required', 'Set one up.')));
  const router = show('/login');
  await fill();
  await screen.findByText('inside');
  expect(router.state.location.pathname + router.state.location.hash).toBe('/settings#two-factor');
});

it('points to the first user’s link while there is none', async () => {
  server.use(http.get('/api/auth/setup', () => HttpResponse.json({ object: 'setup', is_open: true })));
  show('/login');
  expect(await screen.findByRole('link', { name: 'paste its token' })).toHaveAttribute('href', '/setup');
});

it('takes the token out of the address and makes the first user with it', async () => {
  server.use(http.get('/api/auth/setup', () => HttpResponse.json({ object: 'setup', is_open: true })));
  answer('/api/auth/setup', ({ password }) =>
    password === 'password'
      ? refuse(400, 'password_too_common', 'Choose another.', { param: 'password' })
      : HttpResponse.json(grant, { status: 201 }),
  );
  location.hash = '#token=once';
  const router = show('/setup');
  const password = await screen.findByLabelText('Password');
  expect(location.hash).toBe('');
  expect(screen.queryByLabelText('Token')).toBeNull();
  await userEvent.type(screen.getByLabelText('Email'), 'ada@example.com');
  await userEvent.type(screen.getByLabelText('Your name'), 'Ada');
  await userEvent.type(password, 'password');
  await userEvent.click(screen.getByRole('button', { name: 'Create the account' }));
  expect(await screen.findByText('Choose another.')).toBeVisible();
  await userEvent.type(password, ' of my own');
  await userEvent.click(screen.getByRole('button', { name: 'Create the account' }));
  await screen.findByText('inside');
  expect(sent[1]?.body).toMatchObject({ token: 'once', password: 'password of my own', use_cookies: true });
  expect(router.state.location.pathname).toBe('/test/start');
});

it('says that the set up is over, and how to go on', async () => {
  show('/setup');
  expect(await screen.findByRole('heading', { name: 'Set up is done' })).toBeVisible();
});

it('accepts an invitation with a pasted link', async () => {
  answer('/api/auth/invitations/accept', () => HttpResponse.json(grant, { status: 201 }));
  show('/invitation');
  await userEvent.click(screen.getByLabelText('Token'));
  await userEvent.paste('https://pay.example/invitation#token=inv');
  await userEvent.type(screen.getByLabelText('Your name'), 'Bob');
  await userEvent.type(screen.getByLabelText('Password'), 'correct horse');
  await userEvent.click(screen.getByRole('button', { name: 'Join' }));
  await screen.findByText('inside');
  expect(sent[0]?.body.token).toBe('inv');
});

it('says the same for every address, and so when no email can be sent', async () => {
  answer('/api/auth/password/forgot', () => refuse(400, 'email_not_configured', 'No SMTP server.'));
  show('/forgot-password');
  await userEvent.type(screen.getByLabelText('Email'), 'ada@example.com');
  await userEvent.click(screen.getByRole('button', { name: 'Send the link' }));
  expect(await screen.findByText(/sends no email/)).toBeVisible();
  answer('/api/auth/password/forgot', () => HttpResponse.json({ object: 'requested_link' }));
  await userEvent.click(screen.getByRole('button', { name: 'Send the link' }));
  expect(await screen.findByText(/If ada@example.com has an account/)).toBeVisible();
});

it('sets a new password by a link, and offers another link where it is used up', async () => {
  answer('/api/auth/password/reset', () =>
    refuse(400, 'link_invalid', 'The link was used.', { param: 'token' }),
  );
  location.hash = '#token=old';
  show('/reset-password');
  await userEvent.type(screen.getByLabelText('New password'), 'correct horse');
  await userEvent.click(screen.getByRole('button', { name: 'Set the password' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('The link was used.');
  expect(screen.getByRole('link', { name: 'Ask for a new link' })).toBeVisible();
});
