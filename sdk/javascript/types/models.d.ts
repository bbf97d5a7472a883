// Generated from openapi.json by `python3 sdk/generate`: do not edit.

/** The two ends that a caller can give a payment. */
export type CompletionStatus = 'SUCCESS' | 'FAILED';

/** What happened. */
export type EventType =
  | 'payment.created'
  | 'payment.success'
  | 'payment.failed'
  | 'payment.expired'
  | 'webhook.test'
  | 'webhook.disabled'
  | (string & {});

/** Where a payment stands. */
export type PaymentStatus = 'PENDING' | 'SUCCESS' | 'FAILED' | 'EXPIRED' | (string & {});

/** A value of metadata. */
export type MetadataValue = string | number | boolean;

/** How a payment is to end. */
export interface CompletePayment {
  /** `SUCCESS` or `FAILED`. */
  status: CompletionStatus;
  /** Words to keep with it. At most 1000 characters. */
  notes?: string | null;
  /** Why it failed, for machines; only with `FAILED`. 1 to 64 characters of `a-z0-9_`. */
  failure_code?: string | null;
}

/** A request for payment. */
export interface CreatePayment {
  /**
   * More than 0, at most 2 decimals, at most 9999999999999.99: a JSON number, or a decimal string such as
   * "12.50".
   */
  amount: number | string;
  /** Any virtual currency: 2 to 10 capital letters and digits, a letter first. */
  currency: string;
  /** Your own name for it; lists can be filtered by it. At most 255 characters. */
  reference_id?: string | null;
  /** What the payer reads. At most 1000 characters. */
  description?: string | null;
  /**
   * Where this payment's webhooks go, instead of the app's endpoints. At most 2048 characters. `http` or
   * `https`.
   */
  webhook_url?: string | null;
  /** Your own data: a flat object of strings, numbers and booleans, at most 50 keys and 16 KB. */
  metadata?: Record<string, MetadataValue> | null;
  /** Seconds until it can no longer be paid, from 30 to 2592000; 1800 when absent. */
  expires_in?: number | null;
  /**
   * Where the payer goes afterwards; comes back with `payment_id`, `status` and an HMAC. At most 2048
   * characters. `http` or `https`.
   */
  return_url?: string | null;
}

/** One parameter at fault. */
export interface ErrorDetail {
  /** The parameter. */
  param: string;
  /** The stable code. */
  code: string;
  /** What is wrong, in a sentence. */
  message: string;
}

/** What went wrong, for machines and for people. */
export interface ErrorObject {
  /**
   * The class of the error: `invalid_request_error`, `authentication_error`, `permission_error`,
   * `conflict_error`, `idempotency_error`, `rate_limit_error` or `api_error`.
   */
  type: string;
  /** The stable code; `/docs/errors` explains each. */
  code: string;
  /** What is wrong, in a sentence. */
  message: string;
  /** The first parameter at fault. */
  param?: string | null;
  /** Every parameter at fault. */
  errors?: ErrorDetail[];
  /** The payment as it is, where its state is the reason. */
  payment?: Payment | null;
  /** Where the code is explained. */
  doc_url: string;
  /** The request's id, also in the `Request-Id` header. */
  request_id: string;
}

/**
 * An event: what changed, as the feed, the stream and the sockets tell it. A webhook's body is the same
 * without `seq` and with a `signature`.
 */
export interface Event {
  /** Its place in the app's log: 1, 2, 3 … without gaps. Absent in a webhook's body. */
  seq?: number;
  /** Its id, the same in every delivery. */
  event_id: string;
  /** What happened. */
  type: EventType;
  /** The same as `type`. */
  event: EventType;
  /** When. */
  timestamp: string;
  /** To which payment. */
  payment_id: string;
  /** Where the payment stands since; null where the event is not about one. */
  status: PaymentStatus | null;
  /** The exact amount. */
  amount: number | null;
  /** The currency. */
  currency: string | null;
  /** Your own name for the payment. */
  reference_id: string | null;
  /** The transaction of a success. */
  transaction_id: string | null;
  /** When the payment was paid, declined or canceled. */
  completed_at: string | null;
  /** Your own data. */
  metadata: Record<string, MetadataValue>;
  /**
   * Only in a webhook's body: a proof of the content alone, not of when it was sent. Verify the header
   * instead.
   */
  signature?: string;
}

/** A page of an app's log, oldest first. */
export interface EventList {
  /** Always `list`. */
  object: string;
  /** The events, in the order of the log. */
  data: Event[];
  /** Whether the log goes on. */
  has_more: boolean;
  /** What `after_seq` must be for the next page, also when there is nothing yet. */
  next_after_seq: number;
}

/** Which events to list. */
export interface ListEvents {
  /** Behind this event; from the first that is kept when absent. */
  after_seq?: number;
  /** Of this type. */
  type?: EventType;
  /** Events a page, 50 when absent. From 1 to 100. */
  limit?: number;
}

/** Which payments to list. */
export interface ListPayments {
  /** The effective status, or several of them. */
  status?: PaymentStatus[] | PaymentStatus;
  /** Exactly this reference. */
  reference_id?: string;
  /** A payment id, a transaction id, or the start of a reference. */
  q?: string;
  /** Created at or after this moment, RFC 3339. */
  created_after?: string | Date;
  /** Created before this moment, RFC 3339. */
  created_before?: string | Date;
  /** Payments a page, 50 when absent. From 1 to 100. */
  limit?: number;
  /** `next_cursor` of the page before, with the same filters. */
  cursor?: string;
  /** `total_count` adds the count, exact up to 10000. */
  include?: string;
}

/** A payment as the API shows it. */
export interface Payment {
  /** `pay_` and 22 characters. */
  payment_id: string;
  /** Whose it is: told to users who read it, not to apps. */
  app_id?: string | null;
  /** The effective status: a pending payment is `EXPIRED` from `expires_at` on. */
  status: PaymentStatus;
  /** The exact amount, at most 2 decimals. */
  amount: number;
  /** The currency. */
  currency: string;
  /** Your own name for it. */
  reference_id?: string | null;
  /** What the payer reads. */
  description?: string | null;
  /** Your own data. */
  metadata: Record<string, MetadataValue>;
  /** The payer's page. */
  payment_url: string;
  /** A QR code of `payment_url` as a PNG data URL: on create, and on a single read with `include=qr_code`. */
  qr_code?: string | null;
  /** From this moment on it can no longer be paid. */
  expires_at: string;
  /** When it was made. */
  created_at: string;
  /** When it was paid, declined or canceled. Only on final payments, null on an expired one. */
  completed_at?: string | null;
  /** The transaction of a success. Only on final payments. */
  transaction_id?: string | null;
  /** Why it failed; `canceled` when it was called off. Only on final payments. */
  failure_code?: string | null;
  /** The completer's words. Only on final payments. */
  notes?: string | null;
}

/** A page of payments, newest first. */
export interface PaymentList {
  /** Always `list`. */
  object: string;
  /** The payments. */
  data: Payment[];
  /** Whether there are more. */
  has_more: boolean;
  /** What `cursor` must be for the next page; null on the last. */
  next_cursor?: string | null;
  /** With `include=total_count`: how many there are, exact up to 10000. */
  total_count?: number | null;
  /** With `include=total_count`: whether there are more than `total_count` says. */
  total_count_capped?: boolean | null;
}
