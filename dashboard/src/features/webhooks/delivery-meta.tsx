import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Id } from '@/components/ui/copy';
import { Time } from '@/components/ui/time';
import { useAppName } from '@/lib/apps';
import { useEnvironment } from '@/lib/environment';
import { Countdown } from './countdown';
import type { Delivery } from './queries';
import { causeWords, errorText } from './words';

function Item({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="leading-6 text-fg-3">{name}</dt>
      <dd className="flex min-h-6 min-w-0 items-center">{children}</dd>
    </>
  );
}

const link = 'text-brand underline-offset-2 hover:underline';

export function DeliveryMeta({ appId, delivery }: { appId: string; delivery: Delivery }) {
  const environment = useEnvironment();
  const appName = useAppName();
  const { payment_id, endpoint_id } = delivery;
  const query = `?app_id=${appId}`;
  return (
    <dl className="grid items-center grid-cols-[104px_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-13">
      <Item name="App">
        <Link to={`/${environment}/apps/${appId}`} className={link}>
          {appName(appId)}
        </Link>
      </Item>
      <Item name="URL">
        <Id id={delivery.url} label="URL" />
      </Item>
      <Item name="Endpoint">
        {endpoint_id ? (
          <Id id={endpoint_id} label="endpoint id">
            <Link to={`/${environment}/webhooks${query}&endpoint_id=${endpoint_id}`} className={link}>
              {endpoint_id}
            </Link>
          </Id>
        ) : delivery.cause === 'test' ? (
          'None: a test of an address'
        ) : (
          'None: the payment’s own webhook URL'
        )}
      </Item>
      <Item name="Payment">
        {delivery.type.startsWith('payment.') ? (
          <Id id={payment_id} label="payment id">
            <Link to={`/${environment}/payments/${payment_id}${query}`} className={link}>
              {payment_id}
            </Link>
          </Id>
        ) : (
          'None'
        )}
      </Item>
      <Item name="Event">
        <Id id={delivery.event_id} label="event id" />
      </Item>
      <Item name="Cause">{causeWords(delivery.cause)}</Item>
      <Item name="Created">
        <Time iso={delivery.created_at} />
      </Item>
      {delivery.status === 'PENDING' ? (
        <Item name="Next attempt">
          <Countdown row={delivery} />
        </Item>
      ) : (
        delivery.finished_at && (
          <Item name="Finished">
            <Time iso={delivery.finished_at} />
          </Item>
        )
      )}
      {delivery.error && <Item name="Error">{errorText(delivery.error)}</Item>}
    </dl>
  );
}
