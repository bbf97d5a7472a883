// The lines in which two answers differ.
export type DiffLine = { kind: 'same' | 'gone' | 'new'; text: string };

const LINES_MAX = 400;

/** What became of the old lines: the longest common ones stay. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split('\n').slice(0, LINES_MAX);
  const now = after.split('\n').slice(0, LINES_MAX);
  // common[i][j]: how many lines old[i..] and now[j..] have in common, in order.
  const common = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const row = common[i];
      if (row) row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ kind: 'same', text: old[i] ?? '' });
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'gone', text: old[i] ?? '' });
      i += 1;
    } else {
      lines.push({ kind: 'new', text: now[j] ?? '' });
      j += 1;
    }
  }
  return lines;
}
