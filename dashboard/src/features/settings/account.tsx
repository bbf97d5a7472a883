import { useQueryClient } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { Input, Select } from '@/components/ui/field';
import { FormError, Saved, SaveRow, useSubmit } from '@/components/ui/form';
import { api, data } from '@/lib/api';
import { initials } from '@/lib/format';
import { usePreference } from '@/lib/preferences';
import { accountQuery, type User } from '@/lib/session';
import { localZone, RENAMED, zoneName } from '@/lib/time';
import { useUnsaved } from './guard';
import { Section } from './section';

function Profile({ user }: { user: User }) {
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const isDirty = name.trim() !== user.name;
  const form = useSubmit(async () => {
    await data(api.PATCH('/api/auth/me', { body: { name: name.trim() } }));
    await queries.invalidateQueries({ queryKey: accountQuery.queryKey });
  });
  useUnsaved(isDirty);
  return (
    <form onSubmit={form.submit} className="max-w-md space-y-4 px-4 pb-5">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className="grid size-11 shrink-0 place-items-center rounded-full bg-brand-soft text-14 font-semibold text-brand"
        >
          {initials(name)}
        </span>
        <div className="min-w-0">
          <p className="truncate text-13 font-medium">{user.email}</p>
          <p className="text-12 text-fg-2">
            {user.role === 'admin' ? 'Admin: sees every app' : 'Member: sees own apps'}
          </p>
        </div>
      </div>
      <Input
        label="Name"
        required
        autoComplete="name"
        value={name}
        error={form.of('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <FormError error={form.error} fields={['name']} />
      <SaveRow form={form} isDirty={isDirty} />
    </form>
  );
}

/** Some four hundred: drawn once. */
const Zones = memo(function Zones() {
  return Intl.supportedValuesOf('timeZone')
    .filter((zone) => zone !== 'UTC')
    .map((zone) => RENAMED[zone] ?? zone)
    .sort()
    .map((zone) => (
      <option key={zone} value={zone}>
        {zone}
      </option>
    ));
});

/** These are kept in the browser, and hold at once. */
function Look() {
  const [zone, setZone] = usePreference('timeZone');
  const [theme, setTheme] = usePreference('theme');
  const [density, setDensity] = usePreference('density');
  const [changed, setChanged] = useState(0);
  const keep = (set: (value: string) => void) => (event: { target: { value: string } }) => {
    set(event.target.value);
    setChanged(changed + 1);
  };
  return (
    <div className="border-t px-4 py-4">
      <div className="mb-3 flex flex-wrap items-center gap-x-3">
        <h3 className="text-13 font-semibold">In this browser</h3>
        <span className="text-12 text-fg-3">Changes hold at once.</span>
        <Saved key={changed} isShown={changed > 0} />
      </div>
      <div className="grid gap-4 sm:grid-cols-3">
        <Select label="Time zone" value={zone} onChange={keep(setZone)}>
          <option value="local">Local: {zoneName(localZone())}</option>
          <option value="UTC">UTC</option>
          <Zones />
        </Select>
        <Select label="Theme" value={theme} onChange={keep(setTheme)}>
          <option value="system">As the system</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </Select>
        <Select label="Rows" value={density} onChange={keep(setDensity)}>
          <option value="comfortable">Comfortable</option>
          <option value="compact">Compact</option>
        </Select>
      </div>
    </div>
  );
}

export function AccountSection({ user }: { user: User }) {
  return (
    <Section id="account" title="Account">
      <Profile key={user.user_id} user={user} />
      <Look />
    </Section>
  );
}
