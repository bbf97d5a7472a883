import { Select } from '@/components/ui/field';
import type { App } from '@/lib/apps';

/** Which app; with `all` it may be every one. */
export function AppSelect({
  apps,
  value,
  onChange,
  all,
  label = 'App',
  className,
  isLabelHidden,
}: {
  apps: App[];
  value: string;
  onChange: (appId: string) => void;
  all?: string;
  label?: string;
  className?: string;
  isLabelHidden?: boolean;
}) {
  return (
    <Select
      label={label}
      value={value}
      className={className}
      isLabelHidden={isLabelHidden}
      onChange={(event) => onChange(event.target.value)}
    >
      {all !== undefined && <option value="">{all}</option>}
      {apps.map((app) => (
        <option key={app.app_id} value={app.app_id}>
          {app.name}
        </option>
      ))}
    </Select>
  );
}
