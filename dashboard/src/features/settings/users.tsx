import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleSlash, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Pill } from '@/components/ui/status';
import { Ago } from '@/components/ui/time';
import { type User, useAccount } from '@/lib/session';
import { Loaded, Section } from './section';
import { type UserAct, UserConfirm, UserMenu } from './user-acts';
import { Invite, OneLink, Withdraw } from './user-links';
import { type Invitation, invitationsQuery, usersQuery } from './users-queries';

function UserRow({ user, isMe, act }: { user: User; isMe: boolean; act: (act: UserAct) => void }) {
  return (
    <li className="flex items-center justify-between gap-3 border-t px-4 py-2.5">
      <div className="min-w-0">
        <p className="truncate text-13 font-medium">
          {user.name}
          {isMe && <span className="font-normal text-fg-3"> (you)</span>}
        </p>
        <p className="truncate text-12 text-fg-2">{user.email}</p>
        <p className="mt-1 flex flex-wrap gap-1.5">
          <Pill tone={user.role === 'admin' ? 'info' : 'mute'}>
            {user.role === 'admin' ? 'Admin' : 'Member'}
          </Pill>
          {user.is_active ? (
            <Pill tone="ok" icon={<CircleCheck aria-hidden />}>
              Active
            </Pill>
          ) : (
            <Pill tone="mute" icon={<CircleSlash aria-hidden />}>
              Deactivated
            </Pill>
          )}
          {user.has_totp && <Pill tone="mute">Second factor</Pill>}
        </p>
      </div>
      <UserMenu user={user} isMe={isMe} act={act} />
    </li>
  );
}

function Invitations({ withdraw }: { withdraw: (invitation: Invitation) => void }) {
  const { data: list } = useQuery(invitationsQuery);
  if (!list?.length) return null;
  return (
    <>
      <h3 className="border-t bg-surface-2 px-4 py-2 text-12 font-medium text-fg-2">Invited</h3>
      <ul>
        {list.map((invitation) => (
          <li
            key={invitation.invitation_id}
            className="flex flex-wrap items-center justify-between gap-3 border-t px-4 py-2.5"
          >
            <div className="min-w-0">
              <p className="truncate text-13 font-medium">{invitation.email}</p>
              <p className="text-12 text-fg-2">
                As {invitation.role === 'admin' ? 'admin' : 'member'}, ends{' '}
                <Ago iso={invitation.expires_at} />
              </p>
            </div>
            <Button onClick={() => withdraw(invitation)}>Withdraw</Button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Who may log in; for admins. */
export function UsersSection() {
  const me = useAccount()?.user.user_id;
  const users = useQuery(usersQuery);
  const [isInviting, setInviting] = useState(false);
  const [act, setAct] = useState<UserAct | null>(null);
  const [withdrawn, setWithdrawn] = useState<Invitation | null>(null);
  // A link is a secret: it stands here alone, for as long as its dialog is open.
  const [link, setLink] = useState<{ title: string; url: string; until: string } | null>(null);
  return (
    <Section
      id="users"
      title="Users"
      note="Admins see every app; members see those they own."
      action={
        <Button look="primary" onClick={() => setInviting(true)}>
          <Plus aria-hidden />
          Invite
        </Button>
      }
    >
      <Loaded query={users}>
        {(list) => (
          <ul>
            {list.map((user) => (
              <UserRow key={user.user_id} user={user} isMe={user.user_id === me} act={setAct} />
            ))}
          </ul>
        )}
      </Loaded>
      <Invitations withdraw={setWithdrawn} />
      {isInviting && <Invite onClose={() => setInviting(false)} onLink={setLink} />}
      {act && <UserConfirm act={act} onClose={() => setAct(null)} onLink={setLink} />}
      {withdrawn && <Withdraw invitation={withdrawn} onClose={() => setWithdrawn(null)} />}
      {link && <OneLink {...link} onClose={() => setLink(null)} />}
    </Section>
  );
}
