import { expect, test } from 'vitest';
import { withMark } from './alone';

test('work under one mark is done one after the other, also after one that failed', async () => {
  let atOnce = 0;
  let most = 0;
  const work = async (fails: boolean) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setTimeout(resolve, 20));
    atOnce -= 1;
    if (fails) throw new Error('refused');
  };
  const all = [false, true, false, false].map((fails) => withMark('zw_test', () => work(fails)));
  const ends = (await Promise.allSettled(all)).map(({ status }) => status);
  expect(ends).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(most).toBe(1);
  expect(localStorage.getItem('zw_test')).toBeNull();
});

test('a mark that a closed tab left behind ends by itself', async () => {
  localStorage.setItem('zw_test', `gone ${Date.now() - 60_000}`);
  expect(await withMark('zw_test', async () => 'done')).toBe('done');
});
