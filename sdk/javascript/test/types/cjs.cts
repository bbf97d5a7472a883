import ZenWallet = require('zenwallet-sdk');

import { createServer } from 'node:http';

import express = require('express');

async function main() {
  const client = new ZenWallet({ apiKey: 'sk_test_x', webhookSecret: 'whsec_x', timeoutMs: 5, retries: 1 });
  const same: ZenWallet = new ZenWallet.ZenWallet();
  const params: ZenWallet.CreatePayment = { amount: '12.50', currency: 'COINS', metadata: { a: 1, b: true } };
  const payment: ZenWallet.Payment = await client.payments.create(params, {
    idempotencyKey: 'k',
    signal: AbortSignal.timeout(5),
  });
  const url: string = payment.payment_url;
  // @ts-expect-error amounts are not booleans
  await client.payments.create({ amount: true, currency: 'COINS' });
  // @ts-expect-error the currency is missing
  await client.payments.create({ amount: 1 });
  // @ts-expect-error no such option
  new ZenWallet({ apikey: 'x' });
  // @ts-expect-error no such end
  await client.payments.complete('pay_1', { status: 'DONE' });
  for await (const each of client.payments.listAll({ status: ['PENDING', 'FAILED'], limit: 5 }))
    each.amount.toFixed(2);
  const stream = client.events.stream({ after_seq: 0, type: 'payment.success' });
  for await (const event of stream) console.log(event.seq.toFixed(), stream.lastSeq);
  const isOurs: boolean = client.webhooks.verify(Buffer.from(''), 'x', { toleranceS: 5 });
  client.webhooks.constructEvent(new Uint8Array(), new Headers());
  try {
    client.webhooks.constructEvent('', { 'webhook-id': 'x' });
  } catch (error) {
    if (error instanceof ZenWallet.SignatureVerificationError && error.reason === 'header_missing') return;
    if (error instanceof ZenWallet.ConflictError)
      console.log(error.payment?.status, error.code, error.errors[0]?.param);
    if (error instanceof ZenWallet.RateLimitError) console.log(error.retry_after_s);
    if (error instanceof ZenWallet.TimeoutError) throw error as ZenWallet.ConnectionError;
  }
  const handler = client.webhooks.express((event) => console.log(event.type, event.amount));
  createServer(handler).listen(0);
  express().post('/webhook', handler);
  express().post(
    '/webhook',
    express.json(),
    client.webhooks.express((_event, req: express.Request) => req.ip),
  );
  return { same, url, isOurs };
}
main();
