import { Link } from 'react-router';
import { Code } from '@/components/ui/code';
import { Select } from '@/components/ui/field';
import type { App } from '@/lib/apps';
import type { Environment } from '@/lib/environment';
import { CodeTabs } from './code-tabs';
import { CREATE_FIELDS } from './facts';
import { createSample } from './samples';
import { Section, Word } from './section';
import { TryIt } from './try-it';

const link = 'font-medium text-brand underline-offset-2 hover:underline';

export function Quickstart({ environment }: { environment: Environment }) {
  const base = location.origin;
  return (
    <Section
      id="quickstart"
      title="Quickstart"
      guides={[['/docs/quickstart', 'Quickstart']]}
      code={
        <Code
          label="base URL and key"
          text={`ZENWALLET_URL=${base}\nZENWALLET_API_KEY=${environment === 'test' ? 'sk_test_…' : 'sk_live_…'}`}
        />
      }
    >
      <ol className="list-decimal space-y-3 pl-5 marker:text-fg-3">
        <li>
          <Link to={`/${environment}/start`} className={link}>
            Create an app
          </Link>{' '}
          and store its key. A key works in one environment alone: <Word>sk_test_</Word> or{' '}
          <Word>sk_live_</Word>.
        </li>
        <li>
          Send{' '}
          <Link to="#create" className={link}>
            one request
          </Link>{' '}
          and lead your payer to the <Word>payment_url</Word> of its answer, by a link or its QR code.
        </li>
        <li>
          Learn how it ended from a{' '}
          <Link to="#webhooks" className={link}>
            webhook
          </Link>
          , and{' '}
          <Link to="#verify" className={link}>
            verify its signature
          </Link>{' '}
          before you believe it.
        </li>
      </ol>
      <p>No server yet? Every test app has an inbox that takes webhooks and shows them.</p>
    </Section>
  );
}

type CreateProps = {
  environment: Environment;
  apps: App[];
  app: App | undefined;
  keyText: string;
  choose: (appId: string) => void;
};

export function CreatePayment({ environment, apps, app, keyText, choose }: CreateProps) {
  return (
    <Section
      id="create"
      title="Create a payment"
      guides={[
        ['/docs/payments', 'Payments'],
        ['/docs/testing', 'Testing'],
      ]}
      code={
        <>
          {environment === 'test' && apps.length > 1 && (
            <Select
              label="Test app"
              className="max-w-60"
              value={app?.app_id}
              onChange={(event) => choose(event.target.value)}
            >
              {apps.map((each) => (
                <option key={each.app_id} value={each.app_id}>
                  {each.name}
                </option>
              ))}
            </Select>
          )}
          <CodeTabs samples={[{ label: 'request', text: createSample(location.origin, keyText) }]} />
          <p className="text-12 text-fg-3">
            Put your whole key in place of {keyText}: nobody can show it again. Or run it here as yourself.
          </p>
          <TryIt key={app?.app_id} environment={environment} app={app} />
        </>
      }
    >
      <p>
        <Word>POST /api/payments/create</Word> answers 201 with the payment: its <Word>payment_url</Word>, a
        QR code of it as a PNG, and when it expires.
      </p>
      <dl className="text-13">
        {CREATE_FIELDS.map(([name, text], at) => (
          <div key={name} className="border-t py-2 sm:grid sm:grid-cols-[128px_1fr] sm:gap-3">
            <dt className="font-mono text-12 leading-5 text-fg">
              {name}
              {at < 2 && <span className="ml-1.5 font-sans text-11 text-fg-3">required</span>}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p>
        A payment is <Word>PENDING</Word>, then <Word>SUCCESS</Word>, <Word>FAILED</Word> or{' '}
        <Word>EXPIRED</Word>. Those three are final. A field the API does not know is refused, with the name
        you may have meant.
      </p>
    </Section>
  );
}
