import { Dialog } from '@/components/ui/dialog';

const KEYS: [string, string][] = [
  ['Ctrl K', 'Search and actions'],
  ['/', 'Focus the search of the page'],
  ['j  k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['Esc', 'Close what is open'],
  ['x', 'Select the row'],
  ['c', 'Copy its id'],
  ['r', 'Resend its webhook'],
  ['[  ]', 'Previous and next record in the drawer'],
  ['?', 'This help'],
];

export function KeysHelp({
  open,
  onOpenChange,
  pages,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  pages: { name: string; key: string }[];
}) {
  const go = pages.map(({ name, key }): [string, string] => [`g ${key}`, `Go to ${name}`]);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-13">
        {[...KEYS, ...go, ['g s', 'Go to Settings'] as [string, string]].map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded-[4px] border px-1.5 py-0.5 font-mono text-12">{keys}</kbd>
            </dt>
            <dd className="text-fg-2">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
