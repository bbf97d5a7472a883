import { LogOut, Settings } from 'lucide-react';
import { Link } from 'react-router';
import { Menu, MenuItem, MenuLabel, MenuLine } from '@/components/ui/menu';
import { api, keepSession } from '@/lib/api';
import { initials } from '@/lib/format';
import { useAccount } from '@/lib/session';

export function AccountMenu() {
  const user = useAccount()?.user;
  if (!user) return null;
  const logOut = async () => {
    keepSession(false);
    await api.POST('/api/auth/logout').catch(() => null);
    // A fresh page: nothing of this person stays in memory.
    location.assign('/login');
  };
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${initials(user.name)}, account of ${user.name}`}
          className="grid size-8 place-items-center rounded-full bg-brand-soft text-11 font-semibold text-brand pointer-coarse:size-11"
        >
          <span aria-hidden>{initials(user.name)}</span>
        </button>
      }
    >
      <MenuLabel>
        <span className="block text-13 text-fg">{user.name}</span>
        <span className="block font-normal">{user.email}</span>
      </MenuLabel>
      <MenuLine />
      <MenuItem asChild>
        <Link to="/settings">
          <Settings aria-hidden />
          Settings
        </Link>
      </MenuItem>
      <MenuItem onSelect={logOut}>
        <LogOut aria-hidden />
        Log out
      </MenuItem>
    </Menu>
  );
}
