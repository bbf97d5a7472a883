import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { setPreference } from '@/lib/preferences';
import { markdownOf } from './markdown';
import { DevelopersPage } from './page';

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
// Roles in a whole page are slow to look up on a busy machine.
vi.setConfig({ testTimeout: 20_000 });
let asked: URL[] = [];
const server = setupServer(
  http.get('*/api/apps', () =>
    HttpResponse.json({ data: [APP, { ...APP, app_id: 'app_2', name: 'Live', environment: 'production' }] }),
  ),
  http.get('*/api/apps/:id/keys', () =>
    HttpResponse.json({ data: [{ key_id: 'key_1', key: 'sk_test_…4f2a', status: 'active' }] }),
  ),
  http.post('*/api/payments/create', ({ request }) => {
    asked.push(new URL(request.url));
    return HttpResponse.json({ payment_id: 'pay_1', status: 'PENDING' }, { status: 201 });
  }),
);
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  asked = [];
  localStorage.clear();
});
afterAll(() => server.close());

function show(address: string) {
  const router = createMemoryRouter([{ path: '/:environment/developers', Component: DevelopersPage }], {
    initialEntries: [address],
  });
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}

describe('the developers page', () => {
  it('carries the base URL and how the key of a test app begins and ends', async () => {
    show('/test/developers');
    expect(await screen.findByText(/Bearer sk_test_…4f2a/)).toHaveTextContent(
      `${location.origin}/api/payments/create`,
    );
  });

  it('keeps the language for every sample and for the next visit', async () => {
    show('/test/developers');
    await userEvent.click(screen.getAllByRole('button', { name: 'Python' })[0] as HTMLElement);
    expect(screen.getByText(/idempotency_key="order-123"/)).toBeVisible();
    expect(screen.getByText(/webhooks.construct_event/)).toBeVisible();
    expect(screen.getByText('pip install zenwallet-sdk')).toBeVisible();
    expect(localStorage.getItem('zw_codeLanguage')).toBe('python');
    setPreference('codeLanguage', 'curl');
  });

  it('runs the create sample in test mode and leads to the payment', async () => {
    show('/test/developers');
    await userEvent.click(await screen.findByRole('button', { name: 'Run' }));
    expect(await screen.findByRole('link', { name: 'Open the payment' })).toHaveAttribute(
      'href',
      '/test/payments/pay_1?app_id=app_1',
    );
    expect(screen.getByText('201')).toBeVisible();
    expect(asked[0]?.searchParams.get('app_id')).toBe('app_1');
  });

  it('neither runs nor shows a key in production', async () => {
    show('/production/developers');
    expect(await screen.findByText(/Samples run in test mode alone/)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Run' })).toBeNull();
    expect(screen.getByText(/Bearer sk_live_…'/)).toBeVisible();
  });

  it('installs an SDK, and shows the first one where curl is chosen', async () => {
    show('/test/developers');
    expect(screen.getByText('npm install zenwallet-sdk')).toBeVisible();
    const section = within(screen.getByRole('region', { name: 'SDKs' }));
    expect(section.queryByRole('button', { name: 'curl' })).toBeNull();
    expect(await section.findByText(/sk_test_…4f2a/)).toHaveTextContent(location.origin);
    await userEvent.click(section.getByRole('button', { name: 'Go' }));
    expect(screen.getAllByText(/zenwallet.New\(/)).toHaveLength(3);
    setPreference('codeLanguage', 'curl');
  });

  it('ends its sections with their guides, and leads to the reference', () => {
    show('/test/developers');
    const hrefs = new Set(screen.getAllByRole('link').map((link) => link.getAttribute('href')));
    for (const page of 'quickstart payments webhooks signatures live idempotency testing errors sdks cli reference llms.txt api/'.split(
      ' ',
    ))
      expect(hrefs).toContain(`/docs/${page}`);
    expect(screen.getByRole('link', { name: 'API explorer' })).toHaveAttribute('href', '/docs/api/');
  });

  it('is there as Markdown', () => {
    const text = markdownOf('http://pay.example', 'sk_test_…', 'rust');
    expect(text).toContain('.base_url("http://pay.example")');
    for (const name of ['reference.md', 'errors.md', 'llms.txt'])
      expect(text).toContain(`http://pay.example/docs/${name}`);
    expect(text).toContain('zenwallet login --url http://pay.example');
    expect(text).toContain('| payment.expired | ');
    expect(text.match(/```/g)).toHaveLength(10);
  });

  it('checks a signature step by step', async () => {
    show('/test/developers');
    await userEvent.click(screen.getByRole('button', { name: 'Fill in an example' }));
    await userEvent.click(screen.getByRole('button', { name: 'Check' }));
    const steps = within(await screen.findByRole('list', { name: 'Steps of the check' }));
    expect(steps.getAllByText('Passed')).toHaveLength(3);
    expect(steps.getByText('Failed')).toBeVisible();
  });
});
