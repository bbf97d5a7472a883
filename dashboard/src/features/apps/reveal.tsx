// Secrets are shown once, from the memory of this page: they are in no cache, no address and no storage.
import { Download } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Dialog } from '@/components/ui/dialog';
import { Checkbox } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { saveFile } from '@/lib/save-file';

export type Secret = { name: string; variable: string; value: string };
export type Revealed = { title: string; note?: ReactNode; app: string; secrets: Secret[] };

/** What a `.env` file says. */
export const envFile = ({ app, secrets }: Revealed): string =>
  [`# ${app.replace(/[\r\n]+/g, ' ')}`, `ZENWALLET_URL=${location.origin}`]
    .concat(secrets.map(({ variable, value }) => `${variable}=${value}`))
    .join('\n')
    .concat('\n');

/** The one screen that shows new secrets; it closes once they are said to be stored, or after a warning. */
export function Reveal({ revealed, onClose }: { revealed: Revealed; onClose: () => void }) {
  const [isStored, setStored] = useState(false);
  const [isWarned, setWarned] = useState(false);
  const one = revealed.secrets.length === 1;
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, []);
  return (
    <Dialog
      open
      isFirm
      onOpenChange={() => setWarned(true)}
      title={revealed.title}
      description={`Store ${one ? 'it' : 'them'} now: ${one ? 'it is' : 'they are'} not shown again.`}
      footer={
        isWarned && !isStored ? (
          <>
            <Button look="danger" onClick={onClose}>
              Close without storing
            </Button>
            <Button look="primary" onClick={() => setWarned(false)}>
              Go back
            </Button>
          </>
        ) : (
          <>
            <Button look="ghost" onClick={() => (isStored ? onClose() : setWarned(true))}>
              Close
            </Button>
            <Button look="primary" disabled={!isStored} onClick={onClose}>
              Done
            </Button>
          </>
        )
      }
    >
      <div className="space-y-4">
        {revealed.secrets.map(({ name, variable, value }) => (
          <div key={variable}>
            <p className="mb-1 text-13 font-medium">{name}</p>
            <Code text={value} label={name} className="[&_pre]:break-all" />
          </div>
        ))}
        {revealed.note && <p className="text-13 text-fg-2">{revealed.note}</p>}
        <Button
          onClick={() =>
            saveFile(`${revealed.app.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.env`, envFile(revealed))
          }
        >
          <Download aria-hidden />
          Download .env
        </Button>
        <Checkbox
          label={one ? 'I stored it' : 'I stored them'}
          checked={isStored}
          onChange={(event) => setStored(event.target.checked)}
        />
        {isWarned && !isStored && (
          <Alert tone="warn">
            Nobody can show {one ? 'this' : 'these'} again. Without {one ? 'it' : 'them'} you have to make new
            ones.
          </Alert>
        )}
      </div>
    </Dialog>
  );
}
