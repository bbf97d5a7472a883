const PATIENCE_MS = 20_000;
const SETTLE_MS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Does a piece of work in one tab at a time. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Pages that came without https have no locks.
  return navigator.locks ? navigator.locks.request(name, work) : withMark(`zw_${name}`, work);
}

/** The same by a mark that all tabs read: whoever still finds his own there a moment after writing it is alone. */
export async function withMark<T>(key: string, work: () => Promise<T>): Promise<T> {
  const own = `${Math.random()}`;
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const [owner, since] = (localStorage.getItem(key) ?? '').split(' ');
    // One that was left behind by a closed tab ends by itself.
    if (!owner || Date.now() - Number(since) > PATIENCE_MS) {
      localStorage.setItem(key, `${own} ${Date.now()}`);
      await pause(SETTLE_MS);
      if (localStorage.getItem(key)?.startsWith(`${own} `)) break;
    }
    await pause(SETTLE_MS * (0.5 + Math.random()));
  }
  try {
    return await work();
  } finally {
    if (localStorage.getItem(key)?.startsWith(`${own} `)) localStorage.removeItem(key);
  }
}
