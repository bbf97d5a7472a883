import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Menu, MenuItem, MenuLine } from '@/components/ui/menu';
import { api, data } from '@/lib/api';
import type { User } from '@/lib/session';
import type { OneTimeLink } from './user-links';

type What = 'role' | 'activity' | 'password' | 'totp' | 'logout';
export type UserAct = { what: What; user: User };

type Words = { item: string; title: string; act: string; text: string; isDangerous?: boolean };

/** What each act is called, and what it does. */
function words({ what, user }: UserAct): Words {
  const { name } = user;
  switch (what) {
    case 'role':
      return user.role === 'admin'
        ? {
            item: 'Make a member',
            title: `Make ${name} a member?`,
            act: 'Make a member',
            text: 'Sees only own apps from then on.',
          }
        : {
            item: 'Make an admin',
            title: `Make ${name} an admin?`,
            act: 'Make an admin',
            text: 'Sees every app, every user and the audit log.',
          };
    case 'activity':
      return user.is_active
        ? {
            item: 'Deactivate',
            title: `Deactivate ${name}?`,
            act: 'Deactivate',
            text: 'Is logged out everywhere at once and cannot log in. Their apps go on.',
            isDangerous: true,
          }
        : { item: 'Activate', title: `Activate ${name}?`, act: 'Activate', text: 'Can log in again.' };
    case 'password':
      return {
        item: 'Make a password link',
        title: `Make a password link for ${name}?`,
        act: 'Make the link',
        text: 'Good once, for an hour. Hand it over yourself.',
      };
    case 'totp':
      return {
        item: 'Reset the second factor',
        title: `Reset the second factor of ${name}?`,
        act: 'Reset',
        text: 'For somebody who lost it: the password alone is enough then.',
        isDangerous: true,
      };
    case 'logout':
      return {
        item: 'Log out everywhere',
        title: `Log ${name} out everywhere?`,
        act: 'Log out',
        text: 'Every session ends at once.',
        isDangerous: true,
      };
  }
}

export function UserMenu({ user, isMe, act }: { user: User; isMe: boolean; act: (act: UserAct) => void }) {
  const item = (what: What) => (
    <MenuItem isDangerous={words({ what, user }).isDangerous} onSelect={() => act({ what, user })}>
      {words({ what, user }).item}
    </MenuItem>
  );
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={`Actions for ${user.name}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      {item('role')}
      {item('password')}
      {user.has_totp && item('totp')}
      {!isMe && (
        <>
          <MenuLine />
          {item('logout')}
          {item('activity')}
        </>
      )}
    </Menu>
  );
}

async function perform({ what, user }: UserAct): Promise<OneTimeLink | null> {
  const params = { path: { user_id: user.user_id } };
  switch (what) {
    case 'role': {
      const role = user.role === 'admin' ? 'member' : 'admin';
      await data(api.PATCH('/api/users/{user_id}', { params, body: { role } }));
      return null;
    }
    case 'activity':
      await data(api.PATCH('/api/users/{user_id}', { params, body: { is_active: !user.is_active } }));
      return null;
    case 'password': {
      const made = await data(api.POST('/api/users/{user_id}/password/reset', { params }));
      return { title: `A password link for ${user.name}`, url: made.url, until: made.expires_at };
    }
    case 'totp':
      await data(api.POST('/api/users/{user_id}/totp/reset', { params }));
      return null;
    case 'logout':
      await data(api.POST('/api/users/{user_id}/logout', { params }));
      return null;
  }
}

export function UserConfirm({
  act,
  onClose,
  onLink,
}: {
  act: UserAct;
  onClose: () => void;
  onLink: (link: OneTimeLink) => void;
}) {
  const queries = useQueryClient();
  const { title, act: label, text, isDangerous } = words(act);
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={title}
      act={label}
      isDangerous={isDangerous}
      onConfirm={async () => {
        const link = await perform(act);
        if (link) onLink(link);
        for (const key of ['users', 'account']) void queries.invalidateQueries({ queryKey: [key] });
      }}
    >
      {text}
    </Confirm>
  );
}
