import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { CopyButton } from '@/components/ui/copy';
import { Checkbox } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { saveFile } from '@/lib/save-file';
import { envFileOf, type Secrets } from './secrets';

function Secret({ name, value, label }: { name: string; value: string; label: string }) {
  return (
    <div>
      <dt className="text-12 font-medium text-fg-2">{name}</dt>
      <dd className="mt-1 flex items-start justify-between gap-2 rounded-control border bg-surface-2 py-1.5 pr-1.5 pl-3">
        <code className="font-mono text-12 leading-6 break-all">{value}</code>
        <CopyButton text={value} label={label} />
      </dd>
    </div>
  );
}

/** The one time that a key and a secret are seen. */
export function Reveal({ secrets, onDone }: { secrets: Secrets; onDone: () => void }) {
  const [isStored, setStored] = useState(false);
  // A closed tab takes them along: the browser asks first.
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, []);
  return (
    <Card aria-label="Key and secret" className="mb-6 border-brand/50 p-4 sm:p-5">
      <h2 className="text-14 font-semibold">Keep the key of {secrets.name}</h2>
      <Alert tone="warn" className="mt-3">
        Both are shown this once. The gateway keeps no copy of the key that can be read.
      </Alert>
      <dl className="mt-4 space-y-3">
        <Secret name="API key" value={secrets.api_key} label="API key" />
        <Secret name="Webhook secret" value={secrets.webhook_secret} label="webhook secret" />
      </dl>
      <div className="mt-4 flex flex-wrap items-center justify-between gap-3">
        <Checkbox
          label="I stored it"
          checked={isStored}
          onChange={(event) => setStored(event.target.checked)}
        />
        <span className="flex flex-wrap gap-2">
          <Button onClick={() => saveFile('.env', envFileOf(secrets, location.origin))}>
            <Download aria-hidden />
            Download .env
          </Button>
          <Button look="primary" disabled={!isStored} onClick={onDone}>
            Done
          </Button>
        </span>
      </div>
    </Card>
  );
}
