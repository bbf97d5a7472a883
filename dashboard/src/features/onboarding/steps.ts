// Where somebody stands on the way to the first payment: told by the gateway alone, so that it goes on anywhere.
import { useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from '@/lib/api';
import { type App, useApps } from '@/lib/apps';
import type { Environment } from '@/lib/environment';

export type Payment = Schemas['PaymentObject'];
export type StepId = 'app' | 'payment' | 'paid' | 'webhook';
export type Progress = {
  apps: App[] | undefined;
  app: App | undefined;
  /** The newest payment that still waits, else the newest at all. */
  payment: Payment | undefined;
  done: Record<StepId, boolean>;
  current: StepId | null;
  isPending: boolean;
  error: unknown;
  retry: () => void;
};

const ORDER: StepId[] = ['app', 'payment', 'paid', 'webhook'];
/** Without the socket the screen still notices, a little later. */
const LOOK_AGAIN_MS = 10_000;

const payments = async (query: { environment: Environment; status?: string; limit: number }) =>
  (await data(api.GET('/api/payments', { params: { query } }))).data;
const inboxMessages = async (appId: string) =>
  (
    await data(
      api.GET('/api/apps/{app_id}/inbox/messages', {
        params: { path: { app_id: appId }, query: { limit: 1 } },
      }),
    )
  ).data;

const isEnded = (payment: Payment | undefined): boolean =>
  payment?.status === 'SUCCESS' || payment?.status === 'FAILED';

function usePayments(environment: Environment) {
  return useQuery({
    queryKey: ['payments', environment, 'start'],
    queryFn: async () => {
      const [newest, ended] = await Promise.all([
        payments({ environment, limit: 5 }),
        payments({ environment, status: 'SUCCESS,FAILED', limit: 1 }),
      ]);
      return { newest, ended };
    },
    refetchInterval: LOOK_AGAIN_MS,
  });
}

function useArrived(environment: Environment, appId: string | undefined, isWanted: boolean) {
  return useQuery({
    queryKey: ['deliveries', environment, 'start', appId],
    queryFn: async () => {
      const delivered = await data(
        api.GET('/api/webhooks/deliveries', {
          params: { query: { environment, status: 'DELIVERED', limit: 1 } },
        }),
      );
      if (delivered.data.length || !appId || environment !== 'test') return delivered.data.length > 0;
      return (await inboxMessages(appId)).length > 0;
    },
    enabled: isWanted,
    refetchInterval: LOOK_AGAIN_MS,
    retry: false,
  });
}

/** Which step comes next, each read from what the gateway has. */
export function currentOf(done: Record<StepId, boolean>): StepId | null {
  return ORDER.find((step) => !done[step]) ?? null;
}

export function useProgress(environment: Environment): Progress {
  const apps = useApps(environment);
  const payments = usePayments(environment);
  const newest = payments.data?.newest ?? [];
  const payment = newest.find((each) => each.status === 'PENDING') ?? newest[0];
  const app = apps?.find((each) => each.app_id === payment?.app_id) ?? apps?.[0];
  const arrived = useArrived(environment, app?.app_id, newest.length > 0);
  const done = {
    app: (apps?.length ?? 0) > 0,
    payment: newest.length > 0,
    paid: (payments.data?.ended.length ?? 0) > 0 || newest.some(isEnded),
    webhook: arrived.data === true,
  };
  return {
    apps,
    app,
    payment,
    done,
    current: currentOf(done),
    isPending: !apps || payments.isPending,
    error: payments.error,
    retry: () => void payments.refetch(),
  };
}
