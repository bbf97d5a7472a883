import Default, {
  APIError,
  type CreatePayment,
  type Event,
  type Payment,
  type SignatureVerificationError,
  type ZenWallet,
  ZenWalletError,
} from 'zenwallet-sdk';

const client: ZenWallet = new Default();
const params: CreatePayment = { amount: 500, currency: 'COINS' };
const payment: Payment = await client.payments.create(params);
const first: Payment | undefined = (
  await client.payments.list({ created_after: new Date(), signal: AbortSignal.abort() })
).data[0];
const route: (request: Request) => Promise<Response> = client.webhooks.fetch(
  async (event: Event, request) => {
    if (event.type === 'payment.success') return new Response(request.url);
  },
);
try {
  await client.payments.get(payment.payment_id, { include: 'qr_code', timeoutMs: 5 });
} catch (error) {
  if (error instanceof APIError) console.log(error.status, error.code, error.request_id);
  else if (!(error instanceof ZenWalletError)) throw error;
}
// @ts-expect-error a reason is one of those there are
export const never = (error: SignatureVerificationError) => error.reason === 'whatever';
// @ts-expect-error a payment has no such member
export const nothing = payment.nothing;
export { first, route };
