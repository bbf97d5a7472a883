import { Code } from '@/components/ui/code';
import { CodeTabs } from './code-tabs';
import { cliSample, installSample, SDKS, sdkSample } from './sdks';
import { Section, Word } from './section';

export function Sdks({ keyText }: { keyText: string }) {
  return (
    <Section
      id="sdks"
      title="SDKs"
      guides={[
        ['/docs/sdks', 'SDKs'],
        ['/docs/live', 'Live events'],
      ]}
      code={
        <CodeTabs
          samples={[
            { label: 'install line', text: installSample },
            { label: 'sample', text: sdkSample(location.origin, keyText) },
          ]}
        />
      }
    >
      <p>Four spellings of the same promises. Every sample of this page is there in all of them.</p>
      <table className="w-full text-13">
        <caption className="sr-only">SDKs and what they need</caption>
        <tbody>
          {SDKS.map(({ id, name, needs }) => (
            <tr key={id} className="border-t max-sm:block max-sm:py-2">
              <th
                scope="row"
                className="py-2 pr-3 text-left align-top font-medium text-fg max-sm:block max-sm:py-0"
              >
                {name}
              </th>
              <td className="py-2 align-top max-sm:block max-sm:py-0">{needs}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="list-disc space-y-2 pl-5 marker:text-fg-3">
        <li>
          A request without an answer is sent again, up to four times in all, each with the same{' '}
          <Word>Idempotency-Key</Word>.
        </li>
        <li>Amounts stay exact. Lists are read to their end, page by page.</li>
        <li>A stream of events connects again by itself: nothing is missed, nothing comes twice.</li>
        <li>
          Key, address and webhook secret are read from <Word>ZENWALLET_API_KEY</Word>,{' '}
          <Word>ZENWALLET_URL</Word> and <Word>ZENWALLET_WEBHOOK_SECRET</Word> when you do not give them.
        </li>
      </ul>
    </Section>
  );
}

export function CommandLine() {
  const { login, listen, trigger } = cliSample(location.origin);
  return (
    <Section
      id="cli"
      title="Command line"
      guides={[
        ['/docs/cli', 'Command line'],
        ['/docs/testing', 'Testing'],
      ]}
      code={
        <>
          <Code text={login} label="login" />
          <Code text={listen} label="listen" />
          <Code text={trigger} label="trigger" />
        </>
      }
    >
      <p>The program that serves is also the client. With it webhooks reach the machine you write code on.</p>
      <ol className="list-decimal space-y-2 pl-5 marker:text-fg-3">
        <li>
          <Word>login</Word> asks who you are and which app you work with. It makes a key for this machine.
        </li>
        <li>
          <Word>listen</Word> posts the app's webhooks to your receiver as they happen, signed. It prints the
          secret for listening: give that one to the receiver.
        </li>
        <li>
          <Word>trigger</Word>, in another terminal, makes a payment and pays it. The webhook arrives.
        </li>
      </ol>
      <p>
        <Word>payments</Word>, <Word>events tail</Word> and <Word>webhooks replay</Word> are there too, and
        give JSON to scripts with <Word>--json</Word>.
      </p>
    </Section>
  );
}
