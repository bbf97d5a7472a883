import { Hash } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { cn } from '@/lib/cn';

type Props = {
  id: string;
  title: string;
  children: ReactNode;
  code?: ReactNode;
  /** Pages of the documentation that say more, with their names. */
  guides?: [href: string, name: string][];
};

/** One subject: its prose, and beside it from 1280 px on its code, which stays in sight. */
export function Section({ id, title, children, code, guides }: Props) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="scroll-mt-24 border-t py-8 first:border-0 first:pt-0 xl:grid xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)] xl:gap-8"
    >
      <div className="min-w-0 space-y-3 text-14 text-fg-2">
        <h2 className="group flex items-center gap-1.5 text-16 font-semibold text-fg">
          <span id={`${id}-title`}>{title}</span>
          <Link
            to={`#${id}`}
            aria-label={`Link to ${title}`}
            className="grid size-6 place-items-center rounded-control text-fg-3 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
          >
            <Hash aria-hidden className="size-3.5" />
          </Link>
        </h2>
        {children}
        {guides && (
          <p className="flex flex-wrap items-center gap-x-3 pt-1 text-13">
            <span className="text-fg-3">{guides.length === 1 ? 'Guide' : 'Guides'}</span>
            {guides.map(([href, name]) => (
              <Out key={href} href={href} className={target}>
                {name}
              </Out>
            ))}
          </p>
        )}
      </div>
      {code && <div className="mt-4 min-w-0 space-y-3 self-start xl:sticky xl:top-28 xl:mt-0">{code}</div>}
    </section>
  );
}

/** A word of the API within a sentence. */
export function Word({ children }: { children: ReactNode }) {
  return (
    <code className="rounded-[4px] bg-surface-3 px-1 py-px font-mono text-12 break-words text-fg">
      {children}
    </code>
  );
}

/** The height of a link that stands by itself. */
export const target = 'inline-flex min-h-6 items-center pointer-coarse:min-h-11';

export function Out({
  href,
  className,
  children,
}: {
  href: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <a href={href} className={cn('font-medium text-brand underline-offset-2 hover:underline', className)}>
      {children}
    </a>
  );
}
