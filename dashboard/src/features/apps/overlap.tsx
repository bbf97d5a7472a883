import { useState } from 'react';
import { Select } from '@/components/ui/field';

const HOUR_S = 3_600;
const OVERLAPS = [
  { seconds: 0, name: 'Now' },
  { seconds: HOUR_S, name: 'In 1 hour' },
  { seconds: 24 * HOUR_S, name: 'In 24 hours' },
  { seconds: 7 * 24 * HOUR_S, name: 'In 7 days' },
];

/** How long an old secret goes on beside the new one. */
export function useOverlap(): [number, (seconds: number) => void] {
  return useState(24 * HOUR_S);
}

export function OverlapField({
  label,
  value,
  onChange,
  error,
}: {
  label: string;
  value: number;
  onChange: (seconds: number) => void;
  error?: string;
}) {
  return (
    <Select
      label={label}
      hint="Until then both work."
      error={error}
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {OVERLAPS.map(({ seconds, name }) => (
        <option key={seconds} value={seconds}>
          {name}
        </option>
      ))}
    </Select>
  );
}
