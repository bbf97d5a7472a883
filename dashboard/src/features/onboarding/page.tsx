import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Link, useNavigate } from 'react-router';
import { Button } from '@/components/ui/button';
import { Card, PageHead } from '@/components/ui/card';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { type Environment, useEnvironment } from '@/lib/environment';
import { type LiveEvent, useLiveEvents } from '@/lib/live';
import { usePreference } from '@/lib/preferences';
import { CreateApp } from './create-app';
import { FirstPayment } from './first-payment';
import { FirstWebhook } from './first-webhook';
import { PayIt } from './pay-it';
import { Reveal } from './reveal';
import { hold, useSecrets } from './secrets';
import { Step } from './step';
import { type Progress, useProgress } from './steps';

/** What an event may tick off is read again at once. */
function useTicks(environment: Environment): void {
  const queries = useQueryClient();
  useLiveEvents(
    useCallback(
      (event: LiveEvent) => {
        if (event.type.startsWith('payment.'))
          void queries.invalidateQueries({ queryKey: ['payments', environment, 'start'] });
        // A webhook takes its way after the event: look when it has had time to arrive.
        if (event.type !== 'payment.created')
          setTimeout(
            () => void queries.invalidateQueries({ queryKey: ['deliveries', environment, 'start'] }),
            1_000,
          );
      },
      [queries, environment],
    ),
  );
}

function Checklist({ environment, progress }: { environment: Environment; progress: Progress }) {
  const { app, apps, payment, done, current } = progress;
  const props = (id: 'app' | 'payment' | 'paid' | 'webhook') => ({
    isDone: done[id],
    isCurrent: current === id,
  });
  const paymentLink = payment && (
    <Link
      to={`/${environment}/payments/${payment.payment_id}?app_id=${payment.app_id ?? app?.app_id ?? ''}`}
      className="font-medium text-brand underline-offset-2 hover:underline"
    >
      {payment.reference_id ?? payment.payment_id}
    </Link>
  );
  return (
    <Card>
      <ol>
        <Step
          number={1}
          title="Create an app"
          result={apps?.map((each) => each.name).join(', ')}
          {...props('app')}
        >
          <CreateApp environment={environment} />
        </Step>
        <Step
          number={2}
          title="Send your first payment"
          result={<>{paymentLink} arrived.</>}
          {...props('payment')}
        >
          <FirstPayment environment={environment} app={app} />
        </Step>
        <Step
          number={3}
          title="Open its payment page"
          result="A payer has paid or declined."
          {...props('paid')}
        >
          <PayIt payment={payment} />
        </Step>
        <Step number={4} title="Receive your first webhook" result="A webhook arrived." {...props('webhook')}>
          <FirstWebhook environment={environment} app={app} />
        </Step>
      </ol>
    </Card>
  );
}

function AllDone({ environment }: { environment: Environment }) {
  return (
    <Card className="mt-6 px-5 py-4">
      <h2 className="text-14 font-semibold">All set</h2>
      <p className="text-13 text-fg-2">
        The whole way works: a request, a payment, a webhook. Next, check the signature of each webhook.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button look="primary" asChild>
          <Link to={`/${environment}`}>Go to the overview</Link>
        </Button>
        <Button asChild>
          <Link to={`/${environment}/developers#verify`}>Verify a signature</Link>
        </Button>
      </div>
    </Card>
  );
}

export function OnboardingPage() {
  const environment = useEnvironment();
  const navigate = useNavigate();
  const progress = useProgress(environment);
  const secrets = useSecrets();
  const [shown, setShown] = usePreference('onboarding');
  useTicks(environment);
  const isHidden = shown === 'hidden';
  const hide = () => {
    setShown('hidden');
    navigate(`/${environment}`);
  };
  const number = Object.values(progress.done).filter(Boolean).length;
  return (
    <div className="mx-auto max-w-3xl">
      <PageHead
        title="Get started"
        note={
          progress.isPending
            ? 'From nothing to a paid payment in a minute'
            : `${number} of 4 steps done in ${environment === 'test' ? 'test mode' : 'production'}`
        }
      >
        <Button look="ghost" onClick={isHidden ? () => setShown('shown') : hide}>
          {isHidden ? 'Keep in the sidebar' : 'Hide this'}
        </Button>
      </PageHead>
      {secrets && !secrets.isStored && (
        <Reveal secrets={secrets} onDone={() => hold({ ...secrets, isStored: true })} />
      )}
      {progress.error && !progress.isPending ? (
        <ErrorState error={progress.error} retry={progress.retry} />
      ) : progress.isPending ? (
        <Card>
          <SkeletonRows rows={6} />
        </Card>
      ) : (
        <Checklist environment={environment} progress={progress} />
      )}
      {!progress.current && !progress.isPending && <AllDone environment={environment} />}
    </div>
  );
}
