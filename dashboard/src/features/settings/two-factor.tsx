import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Id } from '@/components/ui/copy';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { Alert } from '@/components/ui/states';
import { Pill } from '@/components/ui/status';
import { ApiError, api, data, type Schemas } from '@/lib/api';
import { appsQuery } from '@/lib/apps';
import { plural } from '@/lib/format';
import { accountQuery } from '@/lib/session';
import { RecoveryCodes } from './recovery-codes';
import { Section } from './section';

type Totp = Schemas['TotpObject'];
const FEW_CODES = 3;

/** A QR code to scan, the secret to type, and the first code that proves it. */
function Enrol({
  totp,
  onCodes,
  cancel,
}: {
  totp: Totp;
  onCodes: (codes: string[]) => void;
  cancel: () => void;
}) {
  const [code, setCode] = useState('');
  const form = useSubmit(async () => {
    const enabled = await data(api.POST('/api/auth/totp/confirm', { body: { totp_code: code } }));
    onCodes(enabled.recovery_codes);
  });
  return (
    <form onSubmit={form.submit} className="flex flex-wrap gap-6 px-4 pb-5">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(totp.qr_svg)}`}
        alt="QR code of the secret, for an authenticator app"
        className="size-44 shrink-0 rounded-card border bg-white p-2"
      />
      <div className="max-w-sm min-w-0 flex-1 basis-64 space-y-4">
        <div className="text-13">
          <p>Scan it with an authenticator app, or type this secret into it:</p>
          <Id
            id={totp.secret}
            label="secret"
            className="mt-1 [&>span]:break-all [&>span]:whitespace-normal"
          />
        </div>
        <Input
          label="Code that the app shows"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          autoFocus
          value={code}
          error={form.of('totp_code')}
          onChange={(event) => setCode(event.target.value.replace(/\D/g, '').slice(0, 6))}
        />
        <FormError error={form.error} fields={['totp_code']} />
        <div className="flex gap-2">
          <Button look="primary" type="submit" isBusy={form.isBusy} disabled={code.length !== 6}>
            Turn on
          </Button>
          <Button onClick={cancel}>Cancel</Button>
        </div>
      </div>
    </form>
  );
}

function Enabled({
  left,
  onCodes,
  ended,
}: {
  left: number;
  onCodes: (codes: string[]) => void;
  ended: () => void;
}) {
  const [isDisabling, setDisabling] = useState(false);
  const form = useSubmit(async () => onCodes((await data(api.POST('/api/auth/recovery-codes'))).codes));
  return (
    <div className="space-y-4 px-4 pb-5">
      <p className="text-13">
        <Pill tone="ok" icon={<CircleCheck aria-hidden />} className="mr-2">
          On
        </Pill>
        {plural(left, 'recovery code')} left.
      </p>
      {left < FEW_CODES && <Alert tone="warn">Few recovery codes are left. Make new ones.</Alert>}
      <FormError error={form.error} />
      <div className="flex flex-wrap gap-2">
        <Button isBusy={form.isBusy} onClick={() => void form.submit()}>
          Make new recovery codes
        </Button>
        <Button look="danger" onClick={() => setDisabling(true)}>
          Disable
        </Button>
      </div>
      <Confirm
        open={isDisabling}
        onOpenChange={setDisabling}
        title="Disable the second factor?"
        act="Disable"
        isDangerous
        onConfirm={async () => {
          await data(api.POST('/api/auth/totp/disable'));
          ended();
        }}
      >
        Your password alone lets you in then. Your other sessions end.
      </Confirm>
    </div>
  );
}

function Off({ onStarted }: { onStarted: (totp: Totp) => void }) {
  const form = useSubmit(async () => onStarted(await data(api.POST('/api/auth/totp/start'))));
  return (
    <div className="space-y-4 px-4 pb-5">
      <FormError error={form.error} />
      <Button look="primary" isBusy={form.isBusy} onClick={() => void form.submit()}>
        Set up
      </Button>
    </div>
  );
}

export function TwoFactorSection({ account }: { account: Schemas['AccountObject'] }) {
  const queries = useQueryClient();
  const apps = useQuery(appsQuery);
  const [totp, setTotp] = useState<Totp | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const isDemanded = apps.error instanceof ApiError && apps.error.code === 'totp_enrolment_required';
  const refresh = () => {
    for (const key of [accountQuery.queryKey, appsQuery.queryKey, ['sessions']])
      void queries.invalidateQueries({ queryKey: key });
  };
  const show = (made: string[]) => {
    setTotp(null);
    setCodes(made);
    refresh();
  };
  let body: ReactNode;
  if (codes) body = <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />;
  else if (account.user.has_totp)
    body = <Enabled left={account.recovery_codes_left} onCodes={show} ended={refresh} />;
  else if (totp) body = <Enrol totp={totp} onCodes={show} cancel={() => setTotp(null)} />;
  else body = <Off onStarted={setTotp} />;
  return (
    <Section
      id="two-factor"
      title="Second factor"
      note="A code from an authenticator app, asked for after your password."
    >
      {isDemanded && (
        <Alert tone="warn" className="mx-4 mb-4">
          This gateway asks everybody for a second factor. Set it up here; until then the other pages stay
          closed.
        </Alert>
      )}
      {body}
    </Section>
  );
}
