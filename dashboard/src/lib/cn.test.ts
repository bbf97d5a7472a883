import { expect, it } from 'vitest';
import { cn } from './cn';

it('keeps a colour beside a size, and the later one of two sizes', () => {
  expect(cn('text-brand-fg', 'text-13')).toBe('text-brand-fg text-13');
  expect(cn('text-13', 'text-12', 'rounded-control', 'rounded-card')).toBe('text-12 rounded-card');
});
