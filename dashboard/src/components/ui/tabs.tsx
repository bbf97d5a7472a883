import { Link, useLocation } from 'react-router';
import { cn } from '@/lib/cn';

/** Tabs whose choice stands in the address: each is a link. */
export function LinkTabs({
  tabs,
  current,
  label,
  param = 'tab',
  base,
}: {
  tabs: { id: string; name: string; count?: number | null }[];
  current: string;
  label: string;
  param?: string;
  /** The page that the tabs belong to, where a record's own address lies below it. */
  base?: string;
}) {
  const location = useLocation();
  const pathname = base ?? location.pathname;
  return (
    <nav aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b max-sm:gap-0">
      {tabs.map((tab, at) => (
        <Link
          key={tab.id}
          to={at === 0 ? pathname : `${pathname}?${param}=${tab.id}`}
          aria-current={tab.id === current ? 'page' : undefined}
          className={cn(
            '-mb-px flex h-9 shrink-0 items-center gap-2 border-b-2 px-3 text-13 font-medium max-sm:px-2 pointer-coarse:h-11',
            tab.id === current ? 'border-brand text-fg' : 'border-transparent text-fg-2 hover:text-fg',
          )}
        >
          {tab.name}
          {tab.count != null && (
            <span className="rounded-full bg-surface-3 px-1.5 text-11 tabular-nums">{tab.count}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}
