import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// The names of our own scales: without them `text-13` would pass for a colour, and take a button's.
const merge = extendTailwindMerge({
  extend: {
    theme: {
      text: ['11', '12', '13', '14', '16', '20', '26'],
      radius: ['control', 'popover', 'card'],
      shadow: ['1', '2'],
    },
  },
});

/** Class names; of two that say the same thing the later one holds. */
export const cn = (...classes: ClassValue[]): string => merge(clsx(classes));
