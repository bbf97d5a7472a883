import ZenWallet from 'zenwallet-sdk';
import { createApp } from './app.js';
import { Orders } from './orders.js';

const { PORT = '3000', SHOP_DATA = 'data/orders.json' } = process.env;
let shopUrl = process.env.SHOP_URL;

const client = new ZenWallet(); // from ZENWALLET_URL, ZENWALLET_API_KEY and ZENWALLET_WEBHOOK_SECRET
const app = createApp({ client, orders: new Orders(SHOP_DATA), shopUrl: () => shopUrl });

const server = app.listen(Number(PORT), '127.0.0.1', (error) => {
  if (error) throw error;
  shopUrl ??= `http://127.0.0.1:${server.address().port}`;
  console.log(`shop at ${shopUrl}`);
});
