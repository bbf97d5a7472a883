import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { FormError, SaveRow, useSubmit } from '@/components/ui/form';
import { PasswordInput } from '@/components/ui/password';
import { api, data } from '@/lib/api';
import { useUnsaved } from './guard';
import { Section } from './section';

export function PasswordSection({ email }: { email: string }) {
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const form = useSubmit(async () => {
    await data(api.POST('/api/auth/password', { body: { current_password: current, new_password: next } }));
    setCurrent('');
    setNext('');
    await queries.invalidateQueries({ queryKey: ['sessions'] });
  });
  const isDirty = current !== '' || next !== '';
  useUnsaved(isDirty);
  const wrong = form.of('new_password');
  return (
    <Section id="password" title="Password" note="A new one ends your other sessions.">
      <form onSubmit={form.submit} className="max-w-md space-y-4 px-4 pb-5">
        {/* For password managers: whose password this is. */}
        <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          value={current}
          error={form.of('current_password')}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          required
          hint={wrong ? undefined : 'At least 8 characters. Several unrelated words are good.'}
          value={next}
          error={wrong}
          onChange={(event) => setNext(event.target.value)}
        />
        <FormError error={form.error} fields={['current_password', 'new_password']} />
        <SaveRow form={form} isDirty={isDirty}>
          Change password
        </SaveRow>
      </form>
    </Section>
  );
}
