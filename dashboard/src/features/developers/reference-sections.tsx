import { Download } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Code, Json } from '@/components/ui/code';
import { ERROR_TYPES } from './facts';
import { FOR_PROGRAMS } from './sdks';
import { Out, Section, target, Word } from './section';

const SAMPLE_ERROR = {
  error: {
    type: 'invalid_request_error',
    code: 'amount_too_precise',
    message: 'amount may have at most 2 decimals',
    param: 'amount',
    errors: [{ param: 'amount', code: 'amount_too_precise', message: 'amount may have at most 2 decimals' }],
    doc_url: '/docs/errors#amount_too_precise',
    request_id: 'req_…',
  },
};

export function Errors() {
  return (
    <Section
      id="errors"
      title="Errors"
      guides={[['/docs/errors', 'Every error code, with what to do']]}
      code={<Json value={SAMPLE_ERROR} label="sample error" />}
    >
      <p>
        Every answer that is not a success has one shape. <Word>code</Word> is stable: decide by it, not by
        the message. <Word>errors</Word> lists everything that is wrong at once. Quote <Word>request_id</Word>{' '}
        when you ask for help.
      </p>
      <table className="w-full text-13">
        <caption className="sr-only">Types of errors</caption>
        <tbody>
          {ERROR_TYPES.map(([status, type, text]) => (
            <tr key={type} className="border-t max-sm:block max-sm:py-2">
              <th scope="row" className="py-2 pr-3 text-left align-top font-normal max-sm:block max-sm:py-0">
                <span className="block font-mono text-12 leading-5 text-fg">{type}</span>
                <span className="text-12 text-fg-3">{status}</span>
              </th>
              <td className="py-2 align-top max-sm:block max-sm:py-0">{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function Idempotency() {
  return (
    <Section
      id="idempotency"
      title="Idempotency"
      guides={[['/docs/idempotency', 'Idempotency']]}
      code={
        <Code
          label="headers"
          text={'Idempotency-Key: order-123\n\n# the same answer again\nIdempotent-Replayed: true'}
        />
      }
    >
      <p>
        A request whose answer was lost can be sent again: give every POST an <Word>Idempotency-Key</Word> of
        your own, 1 to 255 characters, such as the id of your order. The second one gets the first answer, and
        nothing is done twice.
      </p>
      <ul className="list-disc space-y-2 pl-5 marker:text-fg-3">
        <li>A key is good for 24 hours, within one app.</li>
        <li>
          The same key with another request is refused: 422 <Word>idempotency_key_reused</Word>.
        </li>
        <li>
          While the first one still runs: 409 <Word>idempotency_key_in_use</Word>, try again after a second.
        </li>
        <li>Answers 400, 401, 403, 429 and 5xx are not kept: the same key tries again.</li>
      </ul>
    </Section>
  );
}

export function Reference() {
  return (
    <Section id="reference" title="API reference">
      <p>
        Every route with its fields, made from the program itself: it cannot be out of date. The explorer
        sends requests from your browser. Tools that read OpenAPI make clients from the same file.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button look="primary" asChild>
          <a href="/docs/reference">API reference</a>
        </Button>
        <Button asChild>
          <a href="/docs/api/">API explorer</a>
        </Button>
        <Button asChild>
          <a href="/api/openapi.json" download="zenwallet-openapi.json">
            <Download aria-hidden />
            Download OpenAPI
          </a>
        </Button>
      </div>
      <dl className="text-13">
        {FOR_PROGRAMS.map(({ href, name, text }) => (
          <div key={href} className="border-t py-2 sm:grid sm:grid-cols-[128px_1fr] sm:gap-3">
            <dt>
              <Out href={href} className={target}>
                {name}
              </Out>
            </dt>
            <dd className="sm:py-0.5">{text}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
