// The requests and checks as programs have them. The verifying ones are run against the vector below by the tests.

export type Language = 'curl' | 'node' | 'python' | 'rust';
export const LANGUAGES: { id: Language; name: string }[] = [
  { id: 'curl', name: 'curl' },
  { id: 'node', name: 'Node' },
  { id: 'python', name: 'Python' },
  { id: 'rust', name: 'Rust' },
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
  node: `const answer = await fetch('${baseUrl}/api/payments/create', {
  method: 'POST',
  headers: {
    Authorization: 'Bearer ${key}',
    'Content-Type': 'application/json',
    'Idempotency-Key': 'order-123',
  },
  body: JSON.stringify({
    amount: 500,
    currency: 'COINS',
    reference_id: 'ORDER_123',
    metadata: { order_id: '123' },
  }),
});
const payment = await answer.json();
console.log(payment.payment_url);`,
  python: `import requests

answer = requests.post(
    "${baseUrl}/api/payments/create",
    headers={
        "Authorization": "Bearer ${key}",
        "Idempotency-Key": "order-123",
    },
    json={
        "amount": 500,
        "currency": "COINS",
        "reference_id": "ORDER_123",
        "metadata": {"order_id": "123"},
    },
    timeout=10,
)
answer.raise_for_status()
print(answer.json()["payment_url"])`,
  rust: `// reqwest 0.12 with "json", serde_json 1
let payment: serde_json::Value = reqwest::Client::new()
    .post("${baseUrl}/api/payments/create")
    .bearer_auth("${key}")
    .header("Idempotency-Key", "order-123")
    .json(&serde_json::json!({
        "amount": 500,
        "currency": "COINS",
        "reference_id": "ORDER_123",
        "metadata": { "order_id": "123" }
    }))
    .send()
    .await?
    .error_for_status()?
    .json()
    .await?;
println!("{}", payment["payment_url"]);`,
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
  node: `import { createHmac, timingSafeEqual } from 'node:crypto';

// rawBody: the bytes as they arrived, such as express.raw({ type: 'application/json' }) gives
export function verify(rawBody, headers, secret, now = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const sent = headers['webhook-timestamp'];
  if (!(Math.abs(now - Number(sent)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(\`\${id}.\${sent}.\`).update(rawBody).digest();
  // After a rotation there are two signatures, with a space between.
  return (headers['webhook-signature'] ?? '').split(' ').some((each) => {
    const [version, text] = each.split(',');
    const given = Buffer.from(text ?? '', 'base64');
    return version === 'v1' && given.length === mac.length && timingSafeEqual(given, mac);
  });
}`,
  python: `import base64, hashlib, hmac, time

# raw_body: the bytes as they arrived, such as Flask's request.get_data()
def verify(raw_body: bytes, headers, secret: str, now=None) -> bool:
    msg_id = headers.get("webhook-id", "")
    sent = headers.get("webhook-timestamp", "")
    now = time.time() if now is None else now
    if not sent.isdigit() or abs(now - int(sent)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"{msg_id}.{sent}.".encode() + raw_body
    mac = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    # After a rotation there are two signatures, with a space between.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(each.encode(), f"v1,{mac}".encode()) for each in given)`,
  rust: `// hmac 0.13, sha2 0.11, base64 0.22
use base64::{engine::general_purpose::STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// \`body\`: the bytes as they arrived; \`now\`: seconds since 1970.
fn verify(body: &[u8], id: &str, sent: &str, signatures: &str, secret: &str, now: i64) -> bool {
    let Ok(at) = sent.parse::<i64>() else { return false };
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let Ok(key) = STANDARD.decode(text) else { return false };
    if now.abs_diff(at) > 300 {
        return false;
    }
    // After a rotation there are two signatures, with a space between.
    signatures.split(' ').filter_map(|each| each.strip_prefix("v1,")).any(|given| {
        let Ok(given) = STANDARD.decode(given) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return false };
        mac.update(format!("{id}.{sent}.").as_bytes());
        mac.update(body);
        mac.verify_slice(&given).is_ok()
    })
}`,
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
