import type { ReactNode } from 'react';

/** A calm card in the middle: brand, one heading, what to do. */
export function Frame({
  title,
  note,
  children,
  below,
}: {
  title: string;
  note?: ReactNode;
  children: ReactNode;
  below?: ReactNode;
}) {
  return (
    <main className="grid min-h-dvh content-center justify-items-center gap-6 bg-bg px-4 py-10">
      <title>{`${title} · ZenWallet`}</title>
      <div className="flex items-center gap-2.5 text-16 font-semibold">
        <span
          aria-hidden
          className="grid size-8 place-items-center rounded-control bg-brand text-16 text-brand-fg"
        >
          Z
        </span>
        ZenWallet
      </div>
      <div className="w-full max-w-[400px] rounded-card border bg-surface p-6 shadow-1 sm:p-8">
        <h1 className="text-20 font-semibold">{title}</h1>
        {note && <p className="mt-1 text-13 text-fg-2">{note}</p>}
        <div className="mt-6">{children}</div>
      </div>
      {below && <div className="max-w-[400px] text-center text-13 text-fg-2">{below}</div>}
    </main>
  );
}

/** A link in the text of these pages. */
export const textLink =
  'inline-flex min-h-6 items-center rounded-control font-medium text-brand underline-offset-2 hover:underline pointer-coarse:min-h-11';
