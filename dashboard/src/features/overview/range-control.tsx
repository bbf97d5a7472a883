import { Link, useLocation } from 'react-router';
import { cn } from '@/lib/cn';
import { shortDay } from '@/lib/time';
import { RANGES, type Range } from './range';

/** The stretches to choose from, as links; one that was marked in the chart stands beside them. */
export function RangeControl({ range, zone }: { range: Range; zone: string }) {
  const { pathname, search } = useLocation();
  const to = (id: string) => {
    const params = new URLSearchParams(search);
    params.delete('from');
    params.delete('to');
    if (id === '24h') params.delete('range');
    else params.set('range', id);
    const query = params.toString();
    return query ? `${pathname}?${query}` : pathname;
  };
  const link = (isOn: boolean) =>
    cn(
      'flex h-[26px] items-center rounded-[4px] px-2.5 text-12 font-medium pointer-coarse:h-10',
      isOn ? 'bg-surface text-fg shadow-1' : 'text-fg-2 hover:text-fg',
    );
  const { from, to: end } = range.at(Date.now());
  return (
    <nav aria-label="Range" className="flex rounded-control border bg-surface-2 p-0.5">
      {RANGES.map((id) => (
        <Link
          key={id}
          to={to(id)}
          aria-current={range.id === id ? 'true' : undefined}
          className={link(range.id === id)}
        >
          {id}
        </Link>
      ))}
      {!range.id && (
        <span aria-current="true" className={link(true)}>
          {shortDay(new Date(from).toISOString(), zone)}, {range.name}
          <span className="sr-only"> to {shortDay(new Date(end).toISOString(), zone)}</span>
        </span>
      )}
    </nav>
  );
}
