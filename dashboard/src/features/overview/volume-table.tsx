import { ChevronRight } from 'lucide-react';
import { Link } from 'react-router';
import { CopyButton } from '@/components/ui/copy';
import type { Environment } from '@/lib/environment';
import { amount, count } from '@/lib/format';
import { clock, shortDay, zoneName } from '@/lib/time';
import type { Volume } from './queries';
import type { Range } from './range';

/** The chart's numbers as lines of comma-separated values. */
export const csvOf = ({ currency, points }: Volume): string =>
  [
    `start,end,created,succeeded,failed,expired,paid_${currency.toLowerCase()}`,
    ...points.map((point) =>
      [
        point.start,
        point.end,
        point.created,
        point.success,
        point.failed,
        point.expired,
        point.volume.toFixed(2),
      ].join(),
    ),
  ].join('\r\n');

const head = 'py-1.5 pl-3 text-right font-medium text-fg-2';
const cell = 'py-1 pl-3 text-right tabular-nums';

type Props = { environment: Environment; range: Range; zone: string; volume: Volume };

/** The same numbers to read, to copy and to follow. */
export function VolumeTable({ environment, range, zone, volume }: Props) {
  return (
    <details className="group px-4 pt-1 pb-3">
      <summary className="inline-flex min-h-6 list-none items-center gap-1 rounded-control text-12 text-fg-2 hover:text-fg pointer-coarse:min-h-11">
        <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
        Show as table
      </summary>
      <div className="relative mt-2 max-h-72 overflow-y-auto">
        <CopyButton text={csvOf(volume)} label="as CSV" className="absolute top-0 right-0" />
        <table className="w-full text-12">
          <caption className="pr-8 pb-1 text-left text-fg-3">
            Payments in {volume.currency}, times in {zoneName(zone)}
          </caption>
          <thead>
            <tr className="border-b">
              <th scope="col" className="py-1.5 text-left font-medium text-fg-2">
                From
              </th>
              <th scope="col" className={head}>
                Succeeded
              </th>
              <th scope="col" className={head}>
                Failed
              </th>
              <th scope="col" className={`${head} max-sm:hidden`}>
                Expired
              </th>
              <th scope="col" className={head}>
                Paid
              </th>
            </tr>
          </thead>
          <tbody>
            {volume.points.map((point) => (
              <tr key={point.start} className="border-b last:border-0">
                <th scope="row" className="py-1 text-left font-normal whitespace-nowrap">
                  <Link
                    className="hover:underline"
                    to={`/${environment}/payments?created_after=${point.start}&created_before=${point.end}`}
                  >
                    {shortDay(point.start, zone)}
                    {range.unit !== 'day' && ` ${clock(point.start, zone)}`}
                  </Link>
                </th>
                <td className={cell}>{count(point.success)}</td>
                <td className={cell}>{count(point.failed)}</td>
                <td className={`${cell} max-sm:hidden`}>{count(point.expired)}</td>
                <td className={cell}>{amount(point.volume)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
