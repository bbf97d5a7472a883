import { Columns3 } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from '@/components/ui/menu';
import { usePreference } from '@/lib/preferences';
import { COLUMNS, useColumns } from './columns';

/** Which columns there are and how close the rows stand; kept in this browser. */
export function ColumnsMenu() {
  const { chosen, toggle, reset } = useColumns();
  const [density, setDensity] = usePreference('density');
  return (
    <Menu
      trigger={
        <Button>
          <Columns3 aria-hidden />
          Columns
        </Button>
      }
    >
      <MenuLabel>Columns</MenuLabel>
      {COLUMNS.map((column) => (
        <MenuCheck
          key={column.id}
          checked={chosen.includes(column)}
          disabled={column.isFirm}
          onCheckedChange={() => toggle(column.id)}
        >
          {column.name}
        </MenuCheck>
      ))}
      <MenuItem onSelect={reset}>Default columns</MenuItem>
      <MenuLine />
      <MenuLabel>Rows</MenuLabel>
      <MenuCheck checked={density !== 'compact'} onCheckedChange={() => setDensity('comfortable')}>
        Comfortable
      </MenuCheck>
      <MenuCheck checked={density === 'compact'} onCheckedChange={() => setDensity('compact')}>
        Compact
      </MenuCheck>
    </Menu>
  );
}
