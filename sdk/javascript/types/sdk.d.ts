import type {
  CompletePayment,
  CreatePayment,
  ErrorDetail,
  Event,
  EventList,
  EventType,
  ListEvents,
  ListPayments,
  Payment,
  PaymentList,
} from './models';

export type * from './models';

/** What is left out comes from the environment, else has the default. */
export interface Options {
  /** `sk_test_…` or `sk_live_…`; default `ZENWALLET_API_KEY`. Needed for requests. */
  apiKey?: string;
  /** Default `ZENWALLET_URL`, else `http://127.0.0.1:8080`. A path in it is kept. */
  baseUrl?: string;
  /** `whsec_…`; default `ZENWALLET_WEBHOOK_SECRET`. Needed to verify webhooks. */
  webhookSecret?: string;
  /** Of one attempt, from connecting to the last byte of the body, in milliseconds; default 10000. */
  timeoutMs?: number;
  /** Attempts after the first; default 3. */
  retries?: number;
  /** The longest wait before the first retry, in milliseconds; default 500. It doubles up to 16 times this. */
  backoffMs?: number;
  /** How long a stream may be silent before it connects again, in milliseconds; default 45000. */
  silenceMs?: number;
  /** In place of the platform's own `fetch`, to go through a proxy for example. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** Of one call. */
export interface RequestOptions {
  /** Ends the call: it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** In place of the client's. */
  timeoutMs?: number;
  /** In place of the client's. */
  retries?: number;
}

/** Of one call that changes something. */
export interface WriteOptions extends RequestOptions {
  /** 1 to 255 visible ASCII characters; default a random UUID. The same in every attempt. */
  idempotencyKey?: string;
}

/** A client of one app. */
export declare class ZenWallet {
  constructor(options?: Options);
  readonly payments: Payments;
  readonly events: Events;
  readonly webhooks: Webhooks;
}

/** Every method rejects with a {@link ZenWalletError}. */
export interface Payments {
  /** Asks for a payment. Send the payer to its `payment_url`. */
  create(params: CreatePayment, options?: WriteOptions): Promise<Payment>;
  /** One payment; with `include: 'qr_code'` it has its QR code. */
  get(paymentId: string, params?: { include?: 'qr_code' } & RequestOptions): Promise<Payment>;
  /** One page, newest first. */
  list(params?: ListPayments & RequestOptions): Promise<PaymentList>;
  /** Every payment, newest first; the next page is read when the one before has been walked. */
  listAll(params?: ListPayments & RequestOptions): AsyncGenerator<Payment, void, undefined>;
  /** Ends a payment. The same end again changes nothing; another is a {@link ConflictError}. */
  complete(paymentId: string, params: CompletePayment, options?: WriteOptions): Promise<Payment>;
  /** Ends a payment as `FAILED`, with the failure code `canceled`. */
  cancel(paymentId: string, options?: WriteOptions): Promise<Payment>;
}

/** An event of the app's log, which always has its place. */
export type LoggedEvent = Event & { seq: number };

/** Every method rejects with a {@link ZenWalletError}. */
export interface Events {
  /** One event. */
  get(eventId: string, params?: RequestOptions): Promise<LoggedEvent>;
  /** One page, oldest first. */
  list(params?: ListEvents & RequestOptions): Promise<EventList & { data: LoggedEvent[] }>;
  /** Every event behind `after_seq` that there is by now, oldest first. */
  listAll(params?: ListEvents & RequestOptions): AsyncGenerator<LoggedEvent, void, undefined>;
  /** The events as they happen, behind `after_seq`, else from now on. Nothing is missed and nothing comes twice. */
  stream(params?: StreamParams): EventStream;
}

export interface StreamParams {
  /** Behind this event; now when absent. */
  after_seq?: number;
  /** Of this type only. */
  type?: EventType;
  /** Ends the stream: the loop over it throws the signal's reason. */
  signal?: AbortSignal;
}

/** The app's events as they happen, for `for await`. It connects again by itself. */
export interface EventStream extends AsyncIterableIterator<LoggedEvent, void, undefined> {
  /** The place to come back to as `after_seq`: keep it with what you did. Undefined until the gateway names one. */
  readonly lastSeq: number | undefined;
  /** Ends the stream: the loop over it ends as if the log were at its end. */
  close(): void;
}

/** The bytes as they came, or text, or what a body parser made of them. */
export type WebhookBody = Uint8Array | ArrayBuffer | string | object | null | undefined;
/** The header `X-ZenWallet-Signature`, or all headers: Fetch's, or an object with names in any case. */
export type WebhookSignature =
  | string
  | { get(name: string): string | null }
  | Record<string, string | string[] | number | undefined>
  | null
  | undefined;

export interface VerifyOptions {
  /** In place of the client's. */
  secret?: string;
  /** How far the timestamp may be from now, both ways, in seconds; default 300. */
  toleranceS?: number;
  /** In place of the clock: seconds since 1970. */
  nowS?: number;
}

/** What a handler needs of Node's request: Express's and `node:http`'s have it. */
export interface NodeRequest {
  headers: Record<string, string | string[] | undefined>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}
/** What a handler needs of Node's response. */
export interface NodeResponse {
  statusCode: number;
  headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

export interface Webhooks {
  /** Whether a webhook is ours. Never throws. */
  verify(body: WebhookBody, signature: WebhookSignature, options?: VerifyOptions): boolean;
  /** The event of a webhook; throws a {@link SignatureVerificationError} with the reason. */
  constructEvent(body: WebhookBody, signature: WebhookSignature, options?: VerifyOptions): Event;
  /**
   * A handler for Express, with any body parser or none, and for `node:http`. It gives `handler` each verified event and
   * answers 200 afterwards; a forgery is answered 400, an error of `handler` goes to `next`.
   */
  express<Req extends NodeRequest, Res extends NodeResponse>(
    handler: (event: Event, req: Req, res: Res) => unknown,
    options?: VerifyOptions,
  ): (req: Req, res: Res, next?: (error?: unknown) => void) => Promise<void>;
  /** The same for Request and Response: Next.js, Hono, Deno, Bun. `handler` may answer with a Response of its own. */
  fetch(
    handler: (event: Event, request: Request) => unknown,
    options?: VerifyOptions,
  ): (request: Request) => Promise<Response>;
}

/** Whatever goes wrong here is one of these. */
export declare class ZenWalletError extends Error {
  /** What the platform says, where it said something. */
  readonly cause?: unknown;
}

/** The gateway, or something before it, answered with an error. */
export declare class APIError extends ZenWalletError {
  /** The answer's status; absent when a stream told the error. */
  readonly status?: number;
  /** The class of the error; absent, like what follows, when the answer is not the gateway's. */
  readonly type?: string;
  /** The stable code; `/docs/errors` of the gateway explains each. */
  readonly code?: string;
  /** The first parameter at fault. */
  readonly param?: string;
  /** Every parameter at fault. */
  readonly errors: ErrorDetail[];
  /** Where the code is explained. */
  readonly doc_url?: string;
  /** The request's id. */
  readonly request_id?: string;
}

/** 400, 404, 405, 413, 415 and any other 4xx or 3xx. */
export declare class InvalidRequestError extends APIError {}
/** 401. */
export declare class AuthenticationError extends APIError {}
/** 403. */
export declare class PermissionDeniedError extends APIError {}
/** 409. */
export declare class ConflictError extends APIError {
  /** The payment as it is, where its state is the reason. */
  readonly payment?: Payment;
}
/** 422: the idempotency key was used for something else. */
export declare class IdempotencyError extends APIError {}
/** 429. */
export declare class RateLimitError extends APIError {
  /** How long to wait, in seconds, where the answer says it. */
  readonly retry_after_s?: number;
}
/** 5xx. */
export declare class ServerError extends APIError {}
/** No answer: no connection, or one that broke off. */
export declare class ConnectionError extends ZenWalletError {}
/** No whole answer in time. */
export declare class TimeoutError extends ConnectionError {}
/** A success that is not the JSON it should be, or is too large. */
export declare class InvalidResponseError extends ZenWalletError {}

export type SignatureReason =
  | 'secret_invalid'
  | 'header_missing'
  | 'header_malformed'
  | 'signature_mismatch'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'body_malformed';

/** A webhook that is not ours. */
export declare class SignatureVerificationError extends ZenWalletError {
  readonly reason: SignatureReason;
}
