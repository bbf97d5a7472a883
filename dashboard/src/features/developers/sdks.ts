// The SDKs and the command line, as sdk/ and docs/cli.md have them.
import type { Language } from './samples';

type SdkLanguage = Exclude<Language, 'curl'>;

export const SDKS: { id: SdkLanguage; name: string; needs: string; install: string }[] = [
  {
    id: 'javascript',
    name: 'JavaScript and TypeScript',
    needs: 'Node 18, Deno or Bun; no dependency',
    install: 'npm install zenwallet-sdk',
  },
  {
    id: 'python',
    name: 'Python',
    needs: 'Python 3.9; no dependency',
    install: 'pip install zenwallet-sdk',
  },
  { id: 'rust', name: 'Rust', needs: 'Rust 1.95, tokio', install: 'cargo add zenwallet-sdk' },
  {
    id: 'go',
    name: 'Go',
    needs: 'Go 1.19; no dependency',
    install: 'go get github.com/zenwallet/zenwallet/sdk/go',
  },
];

export const installSample = Object.fromEntries(SDKS.map(({ id, install }) => [id, install])) as Record<
  SdkLanguage,
  string
>;

/** Asks for a payment and follows what becomes of it. */
export const sdkSample = (baseUrl: string, key: string): Record<SdkLanguage, string> => ({
  javascript: `import ZenWallet from 'zenwallet-sdk';

const client = new ZenWallet({
  apiKey: '${key}',
  baseUrl: '${baseUrl}',
});
const order = { amount: '12.50', currency: 'COINS' };
const payment = await client.payments.create(order);
console.log('pay at', payment.payment_url);
for await (const event of client.events.stream())
  console.log(event.type, event.payment_id);`,
  python: `from zenwallet import ZenWallet

client = ZenWallet(
    "${key}",
    base_url="${baseUrl}",
)
payment = client.payments.create(amount="12.50", currency="COINS")
print("pay at", payment.payment_url)
for event in client.events.stream():
    print(event.type, event.payment_id)`,
  rust: `use zenwallet_sdk::{Client, CreatePayment};

let client = Client::builder()
    .api_key("${key}")
    .base_url("${baseUrl}")
    .build()?;
let order = CreatePayment::new("12.50".parse()?, "COINS");
let payment = client.payments().create(&order).await?;
println!("pay at {}", payment.payment_url);
let mut events = client.events().stream(None, None);
while let Ok(event) = events.next().await {
    println!("{} {}", event.r#type, event.payment_id);
}`,
  go: `import zenwallet "github.com/zenwallet/zenwallet/sdk/go"

client := zenwallet.New(zenwallet.Options{
	APIKey:  "${key}",
	BaseURL: "${baseUrl}",
})
order := &zenwallet.CreatePayment{Amount: "12.50", Currency: "COINS"}
payment, err := client.Payments.Create(ctx, order)
if err != nil {
	return err
}
fmt.Println("pay at", payment.PaymentURL)
events := client.Events.Stream(nil)
defer events.Close()
for events.Next(ctx) {
	fmt.Println(events.Event().Type, events.Event().PaymentID)
}
return events.Err()`,
});

/** The log-in, and the two terminals of an afternoon with webhooks. */
export const cliSample = (baseUrl: string): { login: string; listen: string; trigger: string } => ({
  login: `zenwallet login --url ${baseUrl}`,
  listen: 'zenwallet listen --forward-to http://localhost:3000/webhook',
  trigger: 'zenwallet trigger payment.success',
});

/** What programs read instead of pages. */
export const FOR_PROGRAMS: { href: string; name: string; text: string }[] = [
  { href: '/docs/llms.txt', name: 'llms.txt', text: 'Every page of the documentation, as Markdown.' },
  { href: '/docs/llms-full.txt', name: 'llms-full.txt', text: 'All of them in one file.' },
  { href: '/docs/upgrading', name: 'Upgrading', text: 'What a new version may change, and what it may not.' },
];
