// Facts that the page and its Markdown share.

export const CREATE_FIELDS: [string, string][] = [
  ['amount', 'More than 0, at most 2 decimals: a number, or a text such as "12.50".'],
  ['currency', '2 to 10 capital letters and digits, a letter first.'],
  ['reference_id', 'Your own name for it; lists can be filtered by it.'],
  ['description', 'What the payer reads.'],
  ['expires_in', 'Seconds until it can no longer be paid, 30 to 2592000; 1800 when absent.'],
  ['metadata', 'Your own data: at most 50 keys and 16 KB. Webhooks carry it.'],
  ['return_url', 'Where the payer goes afterwards.'],
  ['webhook_url', 'Where its webhooks go, instead of the endpoints of the app.'],
];

export const ERROR_TYPES: [string, string, string][] = [
  ['400, 404, 405, 413, 415', 'invalid_request_error', 'Mend the request.'],
  ['401', 'authentication_error', 'Check the key.'],
  ['403', 'permission_error', 'The caller may not do this.'],
  ['409', 'conflict_error', 'Another call was first; the answer carries the payment as it is.'],
  ['422', 'idempotency_error', 'The key was used for another request.'],
  ['429', 'rate_limit_error', 'Wait for the seconds of Retry-After.'],
  ['5xx', 'api_error', 'Send it again, with the same Idempotency-Key.'],
];
