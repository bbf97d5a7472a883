import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Confirm, Dialog } from '@/components/ui/dialog';
import { Input, Select } from '@/components/ui/field';
import { FormError, useSubmit } from '@/components/ui/form';
import { Ago } from '@/components/ui/time';
import { api, data } from '@/lib/api';
import { type Invitation, invitationsQuery } from './users-queries';

const FORM = 'invite-user';
export type OneTimeLink = { title: string; url: string; until: string };

/** Invites by an address; what comes back is a link to hand over. */
export function Invite({ onClose, onLink }: { onClose: () => void; onLink: (link: OneTimeLink) => void }) {
  const queries = useQueryClient();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('member');
  const form = useSubmit(async () => {
    const made = await data(api.POST('/api/users/invitations', { body: { email: email.trim(), role } }));
    void queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
    onClose();
    if (made.url) onLink({ title: `An invitation for ${made.email}`, url: made.url, until: made.expires_at });
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Invite a user"
      description="You get a link that makes an account with this address."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isBusy={form.isBusy}>
            Make the link
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={form.submit} className="space-y-4">
        <Input
          label="Email"
          type="email"
          required
          autoFocus
          autoComplete="off"
          value={email}
          error={form.of('email')}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Select
          label="Role"
          value={role}
          error={form.of('role')}
          onChange={(event) => setRole(event.target.value)}
        >
          <option value="member">Member: sees own apps</option>
          <option value="admin">Admin: sees everything</option>
        </Select>
        <FormError error={form.error} fields={['email', 'role']} />
      </form>
    </Dialog>
  );
}

/** A link that works once, shown once. */
export function OneLink({ title, url, until, onClose }: OneTimeLink & { onClose: () => void }) {
  return (
    <Dialog
      open
      isFirm
      onOpenChange={onClose}
      title={title}
      description="Copy it and hand it over yourself. It works once and is not shown again."
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Code text={url} label="link" className="[&_pre]:break-all" />
      <p className="mt-2 text-12 text-fg-3">
        It ends <Ago iso={until} />.
      </p>
    </Dialog>
  );
}

export function Withdraw({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title="Withdraw this invitation?"
      act="Withdraw"
      isDangerous
      onConfirm={async () => {
        const path = { invitation_id: invitation.invitation_id };
        await data(api.DELETE('/api/users/invitations/{invitation_id}', { params: { path } }));
        await queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
      }}
    >
      The link for {invitation.email} works no more.
    </Confirm>
  );
}
