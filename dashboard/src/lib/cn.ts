import { type ClassValue, clsx } from 'clsx';
import { twMerge } from 'tailwind-merge';

/** Class names; of two that say the same thing the later one holds. */
export const cn = (...classes: ClassValue[]): string => twMerge(clsx(classes));
