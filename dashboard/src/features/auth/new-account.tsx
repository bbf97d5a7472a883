import { Input } from '@/components/ui/field';
import { PasswordInput } from '@/components/ui/password';

/** How a password should be, before the API judges it. */
export const PASSWORD_HINT = 'At least 8 characters. Several unrelated words are good.';

export function TokenField({
  where,
  value,
  onChange,
  error,
}: {
  where: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
}) {
  return (
    <Input
      label="Token"
      hint={where}
      autoComplete="off"
      spellCheck={false}
      required
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function NameField({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error?: string;
}) {
  return (
    <Input
      label="Your name"
      autoComplete="name"
      required
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function NewPassword({
  label = 'Password',
  value,
  onChange,
  error,
}: {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
}) {
  return (
    <PasswordInput
      label={label}
      autoComplete="new-password"
      required
      hint={error ? undefined : PASSWORD_HINT}
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
