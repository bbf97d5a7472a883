import { Code, Json } from '@/components/ui/code';
import { Pill } from '@/components/ui/status';
import { CodeTabs } from './code-tabs';
import { EVENTS, FIELDS, sampleEvent } from './events';
import { librarySample, verifySample } from './samples';
import { Section, Word } from './section';
import { Verifier } from './verifier';

const HEADERS = `POST /your/path
Content-Type: application/json
webhook-id: evt_…
webhook-timestamp: 1769423700
webhook-signature: v1,<base64>
X-ZenWallet-Signature: t=1769423700,id=evt_…,v1=<hex>`;

function Catalogue() {
  return (
    <table className="w-full text-13">
      <caption className="pb-1 text-left font-medium text-fg">Events</caption>
      <tbody>
        {EVENTS.map(({ type, text, isDefault }) => (
          <tr key={type} className="border-t max-sm:block max-sm:py-2">
            <th
              scope="row"
              className="py-2 pr-3 text-left align-top font-mono text-12 font-normal text-fg max-sm:block max-sm:py-0"
            >
              {type}
            </th>
            <td className="py-2 max-sm:block max-sm:py-0">
              {text} {isDefault && <Pill tone="mute">sent by default</Pill>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fields() {
  return (
    <table className="w-full text-13">
      <caption className="pb-1 text-left font-medium text-fg">Fields of every event</caption>
      <tbody>
        {FIELDS.map(([name, type, text]) => (
          <tr key={name} className="border-t max-sm:block max-sm:py-2">
            <th scope="row" className="py-2 pr-3 text-left align-top font-normal max-sm:block max-sm:py-0">
              <span className="block font-mono text-12 leading-5 text-fg">{name}</span>
              <span className="text-12 whitespace-nowrap text-fg-3">{type}</span>
            </th>
            <td className="py-2 align-top max-sm:block max-sm:py-0">{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Webhooks() {
  return (
    <Section
      id="webhooks"
      title="Webhooks"
      guides={[
        ['/docs/webhooks', 'Webhooks'],
        ['/docs/live', 'Live events'],
      ]}
      code={
        <>
          <Code text={HEADERS} label="headers" />
          <Json value={sampleEvent} label="sample event" />
        </>
      }
    >
      <p>
        The gateway posts events to your endpoints, at least once, signed. Answer 2xx within 10 seconds and do
        the work afterwards. Remember <Word>webhook-id</Word> for a day and skip what you have seen.
      </p>
      <p>
        Anything else is tried again 5 s, 30 s and 300 s after the failure before. Redirects are not followed.
        410 disables the endpoint. The body is sent in one line; the sample is spread out to be read.
      </p>
      <Catalogue />
      <Fields />
    </Section>
  );
}

export function VerifySection() {
  return (
    <Section
      id="verify"
      title="Verify a signature"
      guides={[['/docs/signatures', 'Signatures, with and without an SDK']]}
      code={
        <>
          <CodeTabs samples={[{ label: 'check', text: verifySample }]} />
          <p className="text-13 text-fg-2">Or any library for Standard Webhooks, with the same secret:</p>
          <Code text={librarySample} label="check with a library" />
        </>
      }
    >
      <ol className="list-decimal space-y-2 pl-5 marker:text-fg-3">
        <li>
          Keep the body as it arrived, byte for byte. A body that was parsed and written again has other
          bytes.
        </li>
        <li>
          An SDK does the rest. By hand: the key is what base64 says after <Word>whsec_</Word>: 32 bytes, not
          the text.
        </li>
        <li>
          Make HMAC-SHA256 of <Word>{'{webhook-id}.{webhook-timestamp}.{body}'}</Word>. In base64, after{' '}
          <Word>v1,</Word>, it stands in <Word>webhook-signature</Word>; in hex, after <Word>v1=</Word>, in{' '}
          <Word>X-ZenWallet-Signature</Word>. Both carry the same bytes.
        </li>
        <li>
          After a rotation there is one signature for each secret that still works. One that matches is
          enough.
        </li>
        <li>
          Compare in constant time, and refuse what is more than 300 seconds off your clock, either way.
        </li>
      </ol>
      <Verifier />
    </Section>
  );
}
