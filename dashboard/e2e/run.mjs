// The walks: a person sets the gateway up and takes a payment from the first request to the rotated key; every page is
// looked at in both themes and sizes; two people see the same payment change. The real binary, Debian's Chromium.
//
// ZENWALLET_BINARY=… names the binary; SHOTS=folder keeps a picture of every page; ONLY=walk,pages,two picks,
// VIEWS=overview,payments of the pages.
import { startBrowser } from './browser.mjs';
import { finish } from './checks.mjs';
import { lookAtPages } from './pages.mjs';
import { watchTogether } from './two.mjs';
import { walk } from './walk.mjs';

const only = (process.env.ONLY ?? 'walk,pages,two').split(',');
const browser = await startBrowser();
try {
  const walks = [];
  if (only.includes('walk')) {
    walks.push(walk(browser, { theme: 'light', size: 'desktop' }));
    walks.push(walk(browser, { theme: 'dark', size: 'phone', zone: 'America/New_York' }));
  }
  // A walk waits for its next code much of the time: the pages are looked at meanwhile.
  if (only.includes('pages')) walks.push(lookAtPages(browser, process.env.SHOTS));
  await Promise.all(walks);
  if (only.includes('two')) await watchTogether(browser);
} finally {
  await browser.close();
}
finish();
