import type { Schemas } from '@/lib/api';
import { Json } from './code';
import { Table, Td, Th } from './table';
import { Ago } from './time';

export type AuditEntry = Schemas['AuditObject'];

const ACTIONS: Record<string, string> = {
  'user.created': 'User joined',
  'user.changed': 'User changed',
  'user.invited': 'User invited',
  'user.invitation_revoked': 'Invitation withdrawn',
  'session.started': 'Logged in',
  'session.ended': 'Session ended',
  'session.refresh_token_reused': 'Session token used twice',
  'session.login_failed': 'Login failed',
  'session.confirmed': 'Identity confirmed',
  'session.tokens_renewed': 'Session renewed',
  'password.changed': 'Password changed',
  'password.reset_requested': 'Password link asked for',
  'totp.enabled': 'Second factor set up',
  'totp.disabled': 'Second factor disabled',
  'totp.reset': 'Second factor reset',
  'totp.recovery_codes_made': 'Recovery codes made',
  'totp.recovery_code_used': 'Recovery code used',
  'app.created': 'App created',
  'app.changed': 'App changed',
  'app.deleted': 'App deleted',
  'key.created': 'Key created',
  'key.changed': 'Key changed',
  'key.rotated': 'Key rotated',
  'key.revoked': 'Key revoked',
  'webhook_secret.rotated': 'Webhook secret rotated',
  'endpoint.created': 'Endpoint created',
  'endpoint.changed': 'Endpoint changed',
  'endpoint.deleted': 'Endpoint deleted',
  'payment.completed': 'Payment completed',
  'payment.canceled': 'Payment canceled',
  'audit.exported': 'Audit log exported',
};
/** Every action of the log with its words. */
export const AUDIT_ACTIONS = Object.entries(ACTIONS);

export const actionWords = (action: string): string => ACTIONS[action] ?? action;

const hasChange = (entry: AuditEntry): boolean => entry.before != null || entry.after != null;

function Change({ entry }: { entry: AuditEntry }) {
  if (!hasChange(entry)) return null;
  const value = { before: entry.before ?? undefined, after: entry.after ?? undefined };
  return (
    <details className="mt-0.5">
      <summary className="w-fit min-h-6 py-0.5 text-12 text-fg-2 hover:text-fg">What changed</summary>
      <div className="my-2 max-w-xl">
        <Json value={value} label="change" />
      </div>
    </details>
  );
}

const NOBODY: Record<string, string> = { console: 'Console', system: 'Gateway', anonymous: 'Nobody known' };
const who = ({ actor, actor_name }: AuditEntry): string => NOBODY[actor] ?? (actor_name || actor);

/** Entries of the audit log, newest first. */
export function AuditTable({ entries, caption }: { entries: AuditEntry[]; caption: string }) {
  return (
    <Table>
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          <Th>Action</Th>
          <Th className="max-md:hidden">Target</Th>
          <Th className="max-sm:hidden">By</Th>
          <Th className="max-md:hidden">Address</Th>
          <Th className="text-right">When</Th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.audit_id}>
            <Td className="align-top leading-8">
              <span className="font-medium">{actionWords(entry.action)}</span>
              <span className="block truncate text-12 text-fg-2 sm:hidden">{who(entry)}</span>
              <Change entry={entry} />
            </Td>
            <Td className="max-w-60 truncate align-top font-mono text-12 leading-8 max-md:hidden">
              {entry.target ?? '–'}
            </Td>
            <Td className="max-w-52 truncate align-top leading-8 max-sm:hidden">{who(entry)}</Td>
            <Td className="align-top leading-8 text-fg-2 tabular-nums max-md:hidden">
              {entry.address ?? '–'}
            </Td>
            <Td className="text-right align-top leading-8 text-fg-2">
              <Ago iso={entry.at} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
