import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const REMEMBERED_MS = 7 * 24 * 3600 * 1000;

/**
 * The orders and the webhooks seen, in one JSON file. Each change is one new file put in the old one's place: an order and
 * the webhook that changed it are on disk together or not at all. Enough for one process; a bigger shop has a database and
 * does the same in one transaction.
 */
export class Orders {
  #path;
  #state = { orders: {}, seen: {} };

  constructor(path) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) this.#state = JSON.parse(readFileSync(path, 'utf8'));
  }

  find(id) {
    return Object.hasOwn(this.#state.orders, id) ? this.#state.orders[id] : undefined;
  }

  create(item) {
    const order = {
      id: randomUUID(),
      item: item.id,
      amount: item.price,
      currency: 'COINS',
      status: 'PENDING',
      created_at: new Date().toISOString(),
    };
    this.#state.orders[order.id] = order;
    this.#save();
    return order;
  }

  setPayment(order, payment) {
    order.payment_id = payment.payment_id;
    order.payment_url = payment.payment_url;
    this.#save();
  }

  /** Takes in what a webhook tells; false for one that was seen before. */
  take(event) {
    if (Object.hasOwn(this.#state.seen, event.event_id)) return false;
    this.#state.seen[event.event_id] = Date.now();
    this.#settle(event);
    this.#save();
    return true;
  }

  /** Takes in how a payment stands, as the API tells it. */
  refresh(payment) {
    if (this.#settle(payment)) this.#save();
  }

  /** An order ends once: whatever comes later, and by whichever way, changes nothing. */
  #settle({ payment_id, reference_id, status, amount, currency }) {
    const order = this.find(reference_id ?? '');
    if (order?.status !== 'PENDING' || status === 'PENDING') return false;
    // What was paid must be what was asked for.
    if (
      (order.payment_id ?? payment_id) !== payment_id ||
      order.amount !== amount ||
      order.currency !== currency
    ) {
      console.warn(`payment ${payment_id} is not that of order ${order.id}`);
      return false;
    }
    order.status = status;
    order.ended_at = new Date().toISOString();
    if (status === 'SUCCESS') order.ticket = randomBytes(4).toString('hex').toUpperCase();
    return true;
  }

  #save() {
    const oldest = Date.now() - REMEMBERED_MS;
    for (const [id, seenMs] of Object.entries(this.#state.seen))
      if (seenMs < oldest) delete this.#state.seen[id];
    const file = openSync(`${this.#path}.new`, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify(this.#state, null, 1)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${this.#path}.new`, this.#path);
  }
}
