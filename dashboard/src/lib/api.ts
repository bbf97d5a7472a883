// The API as the dashboard calls it: types of openapi.json, errors with their code, and a session that renews itself.
import createClient from 'openapi-fetch';
import type { components, paths } from '@/api/schema';
import { alone } from './alone';

export type Schemas = components['schemas'];
type ErrorObject = Schemas['ErrorObject'];

/** An answer that is not a success, as the API words it; `code` is `network` where there was none. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly errors: { param: string; code: string; message: string }[];
  readonly requestId: string | null;
  readonly retryAfterS: number | null;

  constructor(
    status: number,
    error: Partial<ErrorObject> & { message: string; code: string },
    retryAfter?: string | null,
  ) {
    super(error.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = error.code;
    this.param = error.param ?? null;
    this.errors = error.errors ?? [];
    this.requestId = error.request_id ?? null;
    this.retryAfterS = retryAfter ? Number(retryAfter) : null;
  }

  /** What is wrong with one field of a form. */
  of(param: string): string | undefined {
    return (
      this.errors.find((error) => error.param === param)?.message ??
      (this.param === param ? this.message : undefined)
    );
  }
}

/** What the API asks of the person at the screen before it goes on. */
export type Demand = 'login' | 'confirm';
type Demands = (demand: Demand) => Promise<boolean>;

let ask: Demands = async () => false;
/** Sets who asks the person; answers whether what was asked for was given. */
export function onDemand(demands: Demands): () => void {
  ask = demands;
  return () => {
    ask = async () => false;
  };
}

const LOGIN_CODES = new Set(['session_missing', 'session_invalid', 'session_ended', 'api_key_missing']);
const WAIT_MS = 20_000;

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(WAIT_MS)]) });
  } catch (error) {
    if (request.signal.aborted) throw error;
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const message = isLate
      ? 'The gateway did not answer within 20 seconds. Try again.'
      : 'The gateway cannot be reached. Check your connection, then try again.';
    throw new ApiError(0, { code: 'network', message });
  }
}

/** Renews the session; one tab at a time, for a refresh token is good once. */
async function renew(since: number): Promise<boolean> {
  return alone('refresh', async () => {
    // Another tab may have renewed it while this one waited.
    if (Number(localStorage.getItem('zw_renewed_at') ?? 0) > since) return true;
    const response = await send(
      new Request('/api/auth/refresh', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    );
    if (response.ok) localStorage.setItem('zw_renewed_at', String(Date.now()));
    return response.ok;
  });
}

async function codeOf(response: Response): Promise<string> {
  const body = await response
    .clone()
    .json()
    .catch(() => null);
  return body?.error?.code ?? '';
}

/** Sends a request; renews the session, or has the person prove who they are, and sends it again. */
async function sendAsUser(request: Request): Promise<Response> {
  // A request's body is read once: what is sent again is its copy.
  const started = Date.now();
  let response = await send(request.clone());
  if (
    response.status === 401 &&
    !request.url.includes('/api/auth/login') &&
    LOGIN_CODES.has(await codeOf(response))
  ) {
    if (await renew(started)) response = await send(request.clone());
    if (response.status === 401 && !isQuiet && (await ask('login'))) response = await send(request.clone());
  }
  if (
    response.status === 403 &&
    (await codeOf(response)) === 'confirmation_required' &&
    (await ask('confirm'))
  ) {
    response = await send(request.clone());
  }
  return response;
}

let isQuiet = true;
/** Once somebody was let in, a session that ended is asked for in a dialog; before, the login page does. */
export function keepSession(keep: boolean): void {
  isQuiet = !keep;
}

export const api = createClient<paths>({ baseUrl: '', fetch: sendAsUser });

/** The data of an answer; throws an `ApiError` otherwise. */
export async function data<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok && data !== undefined) return data;
  const told = (error as { error?: ErrorObject } | undefined)?.error;
  const fallback = {
    code: 'unreadable',
    message: `The gateway answered ${response.status} and said no more.`,
  };
  throw new ApiError(response.status, told ?? fallback, response.headers.get('retry-after'));
}

/** Two attempts where trying again can help; a refusal stays one. */
export function shouldRetry(failures: number, error: unknown): boolean {
  const status = error instanceof ApiError ? error.status : 0;
  return failures < 2 && (status === 0 || status === 429 || status >= 500);
}
