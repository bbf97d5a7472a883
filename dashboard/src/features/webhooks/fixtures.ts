// Records as the API shows them.
export const NOW = new Date().toISOString();
export const PAY = `pay_${'1'.repeat(22)}`;
export const app = (name: string, environment = 'test') => ({
  app_id: `app_${name}`,
  name,
  environment,
  is_active: true,
});
export const row = (n: number, more: object = {}) => ({
  delivery_id: `dlv_${n}`,
  app_id: 'app_Acme',
  event_id: `evt_${n}`,
  event_seq: n,
  type: 'payment.success',
  payment_id: PAY,
  endpoint_id: 'whe_1',
  url: `https://shop${n}.example/hooks`,
  cause: 'event',
  status: 'DELIVERED',
  attempts: 1,
  next_attempt_at: null,
  response_status: 200,
  error: null,
  created_at: NOW,
  finished_at: NOW,
  ...more,
});
export const endpoint = (more: object = {}) => ({
  endpoint_id: 'whe_1',
  url: 'https://shop.example/hooks',
  events: ['payment.success'],
  headers: { Authorization: '(hidden)' },
  description: 'Order system',
  is_default: false,
  is_enabled: false,
  disabled_reason: 'failing: it failed for five days',
  failing_since: null,
  created_at: NOW,
  ...more,
});
export const attempt = (n: number, status: number, body: string) => ({
  attempt_number: n,
  started_at: NOW,
  duration_ms: 87,
  request: { headers: { 'webhook-id': 'evt_1', 'webhook-timestamp': '1' }, body_sha256: 'ab'.repeat(32) },
  response: { status, headers: { 'content-type': 'text/plain' }, body },
  error: null,
});
