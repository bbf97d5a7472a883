// The requests and checks as programs have them: curl, and the SDKs of this repository. The tests run those that verify.

export type Language = 'curl' | 'javascript' | 'python' | 'rust' | 'go';
export const LANGUAGES: { id: Language; name: string }[] = [
  { id: 'curl', name: 'curl' },
  { id: 'javascript', name: 'JavaScript' },
  { id: 'python', name: 'Python' },
  { id: 'rust', name: 'Rust' },
  { id: 'go', name: 'Go' },
];
export type Sample = Record<Language, string>;

export const CREATE_BODY = {
  amount: 500,
  currency: 'COINS',
  reference_id: 'ORDER_123',
  metadata: { order_id: '123' },
};

export const createSample = (baseUrl: string, key: string): Sample => ({
  curl: `curl ${baseUrl}/api/payments/create \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: order-123' \\
  -d '{
    "amount": 500,
    "currency": "COINS",
    "reference_id": "ORDER_123",
    "metadata": {"order_id": "123"}
  }'`,
  javascript: `import ZenWallet from 'zenwallet-sdk';

const client = new ZenWallet({
  apiKey: '${key}',
  baseUrl: '${baseUrl}',
});
const payment = await client.payments.create(
  {
    amount: 500,
    currency: 'COINS',
    reference_id: 'ORDER_123',
    metadata: { order_id: '123' },
  },
  { idempotencyKey: 'order-123' },
);
console.log(payment.payment_url);`,
  python: `from zenwallet import ZenWallet

client = ZenWallet(
    "${key}",
    base_url="${baseUrl}",
)
payment = client.payments.create(
    amount=500,
    currency="COINS",
    reference_id="ORDER_123",
    metadata={"order_id": "123"},
    idempotency_key="order-123",
)
print(payment.payment_url)`,
  rust: `use zenwallet_sdk::{Amount, Client, CreatePayment};

let client = Client::builder()
    .api_key("${key}")
    .base_url("${baseUrl}")
    .build()?;
let order = [("order_id".to_owned(), "123".into())];
let request = CreatePayment {
    reference_id: Some("ORDER_123".into()),
    metadata: Some(order.into_iter().collect()),
    ..CreatePayment::new(Amount::from(500), "COINS")
};
let payment = client.payments().create_once(&request, "order-123").await?;
println!("{}", payment.payment_url);`,
  go: `import zenwallet "github.com/zenwallet/zenwallet/sdk/go"

client := zenwallet.New(zenwallet.Options{
	APIKey:  "${key}",
	BaseURL: "${baseUrl}",
})
order := &zenwallet.CreatePayment{
	Amount:      "500",
	Currency:    "COINS",
	ReferenceID: "ORDER_123",
	Metadata:    map[string]any{"order_id": "123"},
}
once := zenwallet.WithIdempotencyKey("order-123")
payment, err := client.Payments.Create(ctx, order, once)
if err != nil {
	return err
}
fmt.Println(payment.PaymentURL)`,
});

export const verifySample: Sample = {
  curl: `# The body as it arrived is in body.json; the headers' values are in
# WEBHOOK_ID, WEBHOOK_TIMESTAMP and WEBHOOK_SIGNATURE.
now=\${NOW:-$(date +%s)}
age=$((now - WEBHOOK_TIMESTAMP))
key=$(printf %s "\${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
mac=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
case " $WEBHOOK_SIGNATURE " in
  *" v1,$mac "*) [ "\${age#-}" -le 300 ] && echo valid || echo 'too old' ;;
  *) echo 'not ours' ;;
esac`,
  javascript: `import ZenWallet from 'zenwallet-sdk';

const { webhooks } = new ZenWallet(); // ZENWALLET_WEBHOOK_SECRET

// Any framework: the body as it arrived, and all headers.
// Throws when it is not ours; the error's reason says why.
export const read = (rawBody, headers) =>
  webhooks.constructEvent(rawBody, headers);

// Express: the whole receiver. 400 to what is not ours.
export const receive = webhooks.express((event) => {
  console.log(event.type, event.payment_id);
});`,
  python: `import os
from zenwallet import Webhooks

webhooks = Webhooks(os.environ["ZENWALLET_WEBHOOK_SECRET"])

# The body as it arrived, such as Flask's request.get_data().
# Raises when it is not ours; the error's reason says why.
def read(raw_body, headers):
    return webhooks.construct_event(raw_body, headers)`,
  rust: `use http::HeaderMap;
use zenwallet_sdk::{Client, Event, SignatureError};

/// \`client\`: of \`Client::from_env()\`, which reads
/// ZENWALLET_WEBHOOK_SECRET; \`body\`: as it arrived.
fn read(
    client: &Client,
    body: &[u8],
    headers: &HeaderMap,
) -> Result<Event, SignatureError> {
    client.webhooks().construct_event_of(body, headers)
}`,
  go: `import zenwallet "github.com/zenwallet/zenwallet/sdk/go"

client := zenwallet.New(zenwallet.Options{}) // ZENWALLET_WEBHOOK_SECRET

// The whole receiver. 400 to what is not ours; after an error
// of yours it answers 500, and the webhook comes again.
http.Handle("/webhook", client.Webhooks.Handler(
	func(ctx context.Context, event *zenwallet.Event) error {
		log.Print(event.Type, " ", event.PaymentID)
		return nil
	},
))`,
};

export const librarySample = `import { Webhook } from 'standardwebhooks';

// Throws when it is not ours.
const event = new Webhook(secret).verify(rawBody, headers);`;

/** A delivery whose every byte is known. */
export const VECTOR = {
  secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  id: 'evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A',
  sent: '1769423700',
  body: '{"amount":500,"completed_at":"2026-01-26T10:35:00Z","currency":"COINS","event":"payment.success","event_id":"evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A","metadata":{"10":"a","2":"b","order_id":"123","user_email":"user@example.com","é":1.5},"payment_id":"pay_abc123xyz","reference_id":"ORDER_123","signature":"sha256=cdeb9ba1673d1b579e2533ad13461c1b354dd7348770f8de0db3db0a5f8c4b83","status":"SUCCESS","transaction_id":"txn_xyz789"}',
  standard: 'v1,EnCliAkK7WdOc8vLOYpHIPyYki8x2JdK1wjnc2Nqy8Y=',
  own: 't=1769423700,id=evt_01JXZ5R8QK3M7N2P4T6V8W0Y1A,v1=1270a588090aed674e73cbcb398a4720fc98922f31d8974ad708e773636acbc6',
};
