import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Palette } from './palette';

vi.setConfig({ testTimeout: 20_000 });
const hit = (n: number, more = {}) => ({
  object: 'docs_hit',
  title: `Heading ${n}`,
  page_title: 'Signatures',
  url: `/docs/signatures#heading-${n}`,
  excerpt: '…',
  ...more,
});
let asked: Request[] = [];
const answers = (data: unknown) =>
  http.get('*/docs/search', ({ request }) => {
    asked.push(request);
    return HttpResponse.json({ object: 'list', data, has_more: false, next_cursor: null });
  });
const server = setupServer(
  http.get('*/api/search', () => HttpResponse.json({ data: [] })),
  answers([1, 2, 3, 4, 5, 6, 7].map((n) => hit(n))),
);
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  server.resetHandlers();
  asked = [];
});
afterAll(() => server.close());

const queries = () => asked.map((request) => new URL(request.url).searchParams.get('q'));

function show() {
  const close = vi.fn();
  const element = (
    <Palette
      environment="test"
      pages={[{ path: '/payments', name: 'Payments' }]}
      close={close}
      openHelp={() => undefined}
    />
  );
  const router = createMemoryRouter([{ path: '*', element }]);
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { close, router };
}
const type = (text: string) => userEvent.type(screen.getByRole('combobox'), text);

it('shows six headings of the documentation with their page, and asks once for what was typed', async () => {
  show();
  await type('heading');
  const group = await screen.findByRole('group', { name: 'Docs' });
  expect(group.querySelectorAll('[cmdk-item]')).toHaveLength(6);
  expect(screen.getByText('Heading 6').parentElement).toHaveTextContent('Signatures');
  expect(screen.queryByText('Heading 7')).toBeNull();
  expect(queries()).toEqual(['heading']);
  expect(asked[0]?.headers.get('accept')).toBe('application/json');
});

it('leaves the app for the heading that is chosen', async () => {
  const assign = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
  const { close } = show();
  await type('heading');
  await userEvent.click(await screen.findByText('Heading 2'));
  expect(assign).toHaveBeenCalledWith('/docs/signatures#heading-2');
  expect(close).toHaveBeenCalled();
});

it('opens the first heading by Enter where nothing else fits', async () => {
  const assign = vi.spyOn(location, 'assign').mockImplementation(() => undefined);
  show();
  await type('heading');
  await screen.findByText('Heading 1');
  await userEvent.keyboard('{Enter}');
  expect(assign).toHaveBeenCalledWith('/docs/signatures#heading-1');
});

it('gives up a search when another one is typed', async () => {
  let aborted = 0;
  server.use(
    http.get('*/docs/search', async ({ request }) => {
      asked.push(request);
      if (asked.length > 1) return HttpResponse.json({ data: [hit(9)] });
      request.signal.addEventListener('abort', () => {
        aborted += 1;
      });
      return new Promise<never>(() => undefined);
    }),
  );
  show();
  await type('head');
  await waitFor(() => expect(asked).toHaveLength(1));
  await type('ing');
  expect(await screen.findByText('Heading 9')).toBeVisible();
  expect(aborted).toBe(1);
  expect(queries()).toEqual(['head', 'heading']);
});

it('says nothing of a documentation that does not answer', async () => {
  server.use(http.get('*/docs/search', () => HttpResponse.json({ error: {} }, { status: 500 })));
  show();
  await type('pay');
  await waitFor(() => expect(screen.queryByText('Searching…')).toBeNull());
  expect(screen.getByText('Payments')).toBeVisible();
  expect(screen.queryByRole('group', { name: 'Docs' })).toBeNull();
});

it('leads to no other place than the documentation', async () => {
  server.use(answers([hit(1, { url: 'https://example.com' }), hit(2, { url: 'javascript:x' }), hit(3)]));
  show();
  await type('heading');
  expect(await screen.findByText('Heading 3')).toBeVisible();
  expect(screen.queryByText('Heading 1')).toBeNull();
  expect(screen.queryByText('Heading 2')).toBeNull();
});

it('asks for 100 characters at most, and not for one letter', async () => {
  show();
  const box = screen.getByRole('combobox');
  await userEvent.type(box, 'x');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked).toHaveLength(0);
  await userEvent.click(box);
  await userEvent.paste('é'.repeat(150));
  await waitFor(() => expect(queries()).toEqual([`x${'é'.repeat(99)}`]));
});
