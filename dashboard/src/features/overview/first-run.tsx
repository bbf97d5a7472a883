import { Link } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { useApps } from '@/lib/apps';
import type { Environment } from '@/lib/environment';

/** Stands where the numbers will be until there is a payment: the next step, and where to take it. */
export function FirstRun({ environment }: { environment: Environment }) {
  const hasApp = (useApps(environment)?.length ?? 0) > 0;
  const mode = environment === 'test' ? 'test mode' : 'production';
  return (
    <Card className="px-6 py-10 text-center">
      <h2 className="text-16 font-semibold">No payments in {mode} yet</h2>
      <p className="mx-auto mt-1 max-w-md text-13 text-fg-2">
        {hasApp
          ? 'Next: send your first payment. The request is ready to copy, and the page notices when it arrives.'
          : 'Next: create an app. An app holds one key and its webhook addresses.'}
      </p>
      <div className="mt-5 flex flex-wrap justify-center gap-2">
        <Button look="primary" asChild>
          <Link to={`/${environment}/start`}>Get started</Link>
        </Button>
        <Button asChild>
          <Link to={`/${environment}/developers`}>Read the docs</Link>
        </Button>
      </div>
    </Card>
  );
}
