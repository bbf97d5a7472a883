import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Pill } from '@/components/ui/status';
import { Ago } from '@/components/ui/time';
import { api, data, keepSession, type Schemas } from '@/lib/api';
import { device } from './device';
import { Loaded, Section } from './section';

type Session = Schemas['SessionObject'];

/** A fresh page: nothing of this person stays in memory. */
const leave = (): void => {
  keepSession(false);
  location.assign('/login');
};

function Row({ session, end }: { session: Session; end: () => void }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 border-t px-4 py-2.5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 text-13 font-medium" title={session.user_agent}>
          {device(session.user_agent)}
          {session.is_current && <Pill tone="ok">This one</Pill>}
        </p>
        <p className="text-12 text-fg-2 tabular-nums">
          {session.address}, last used <Ago iso={session.last_used_at} />
        </p>
      </div>
      <Button look="secondary" onClick={end}>
        {session.is_current ? 'Log out' : 'End session'}
      </Button>
    </li>
  );
}

export function SessionsSection() {
  const queries = useQueryClient();
  const [ending, setEnding] = useState<Session | null>(null);
  const [isEndingAll, setEndingAll] = useState(false);
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async () => (await data(api.GET('/api/auth/sessions'))).data as Session[],
  });
  const endOne = async () => {
    if (!ending) return;
    const path = { session_id: ending.session_id };
    await data(api.DELETE('/api/auth/sessions/{session_id}', { params: { path } }));
    if (ending.is_current) leave();
    else await queries.invalidateQueries({ queryKey: ['sessions'] });
  };
  const endAll = async () => {
    await data(api.POST('/api/auth/logout-all'));
    leave();
  };
  return (
    <Section
      id="sessions"
      title="Sessions"
      note="Where you are logged in."
      action={
        <Button look="danger" onClick={() => setEndingAll(true)}>
          Log out everywhere
        </Button>
      }
    >
      <Loaded query={sessions}>
        {(list) => (
          <ul>
            {list.map((session) => (
              <Row key={session.session_id} session={session} end={() => setEnding(session)} />
            ))}
          </ul>
        )}
      </Loaded>
      {ending && (
        <Confirm
          open
          onOpenChange={() => setEnding(null)}
          title={ending.is_current ? 'Log out here?' : 'End this session?'}
          act={ending.is_current ? 'Log out' : 'End session'}
          isDangerous
          onConfirm={endOne}
        >
          {device(ending.user_agent)} at {ending.address} has to log in again.
        </Confirm>
      )}
      <Confirm
        open={isEndingAll}
        onOpenChange={setEndingAll}
        title="Log out everywhere?"
        act="Log out everywhere"
        isDangerous
        onConfirm={endAll}
      >
        Every session of yours ends, this one too.
      </Confirm>
    </Section>
  );
}
