import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Confirm } from '@/components/ui/dialog';
import type { App } from '@/lib/apps';
import { plural } from '@/lib/format';
import { changeApp, deleteApp, usageQuery } from './queries';

/** What the app does now, before somebody turns it off. */
function Today({ app }: { app: App }) {
  const { data: usage } = useQuery(usageQuery(app.app_id));
  const today = usage?.days.at(-1);
  if (!today) return null;
  return (
    <p className="mt-2">
      Today (UTC): {plural(today.requests, 'request')}, {plural(today.payments, 'payment')}.
    </p>
  );
}

export function DisableApp({ app, onClose }: { app: App; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Disable ${app.name}?`}
      act="Disable app"
      isDangerous
      onConfirm={() => changeApp(queries, app.app_id, { is_active: false })}
    >
      Its keys are refused at once. Its payments and webhooks go on, and you can enable it again.
      <Today app={app} />
    </Confirm>
  );
}

export function EnableApp({ app, onClose }: { app: App; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Enable ${app.name}?`}
      act="Enable app"
      onConfirm={() => changeApp(queries, app.app_id, { is_active: true })}
    >
      Its keys are let in again at once.
    </Confirm>
  );
}

export function DeleteApp({
  app,
  onClose,
  onDeleted,
}: {
  app: App;
  onClose: () => void;
  onDeleted?: () => void;
}) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete ${app.name}?`}
      act="Delete app"
      typed={app.name}
      isDangerous
      onConfirm={async () => {
        await deleteApp(queries, app);
        onDeleted?.();
      }}
    >
      Its keys stop working, and it is gone from every list. This cannot be taken back. Pending payments must
      end first:{' '}
      <Link
        to={`/${app.environment}/payments?status=PENDING&app_id=${app.app_id}`}
        className="font-medium text-brand underline underline-offset-2"
      >
        see the app’s pending payments
      </Link>
      .
      <Today app={app} />
    </Confirm>
  );
}
