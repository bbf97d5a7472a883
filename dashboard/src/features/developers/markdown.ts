// The page as Markdown, for an editor, a wiki or a language model.
import { EVENTS, FIELDS } from './events';
import { CREATE_FIELDS, ERROR_TYPES } from './facts';
import { createSample, type Language, librarySample, verifySample } from './samples';
import { cliSample, SDKS, sdkSample } from './sdks';

const FENCES: Record<Language, string> = {
  curl: 'sh',
  javascript: 'js',
  python: 'python',
  rust: 'rust',
  go: 'go',
};
const fence = (kind: string, text: string) => `\`\`\`${kind}\n${text}\n\`\`\``;
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export function markdownOf(baseUrl: string, key: string, language: Language): string {
  const sdkLanguage = language === 'curl' ? 'javascript' : language;
  return [
    '# ZenWallet',
    `Base URL: ${baseUrl}. Reference: ${baseUrl}/docs/reference.md, for machines ${baseUrl}/api/openapi.json. Errors: ${baseUrl}/docs/errors.md. All pages: ${baseUrl}/docs/llms.txt.`,
    '## Create a payment',
    'Answers 201 with `payment_url`, where the payer pays. A payment is PENDING, then SUCCESS, FAILED or EXPIRED.',
    fence(FENCES[language], createSample(baseUrl, key)[language]),
    table(['Field', 'Meaning'], CREATE_FIELDS),
    '## Webhooks',
    'Posted at least once, signed. Answer 2xx within 10 seconds; skip a `webhook-id` you have seen.',
    table(
      ['Event', 'Meaning'],
      EVENTS.map(({ type, text }) => [type, text]),
    ),
    table(['Field', 'Type', 'Meaning'], FIELDS),
    '## Verify a signature',
    'HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{raw body}` with the bytes that base64 says after `whsec_`, in base64 after `v1,` in `webhook-signature`. Refuse what is more than 300 seconds off.',
    fence(FENCES[language], verifySample[language]),
    'Or with any library for Standard Webhooks:',
    fence('js', librarySample),
    '## Errors',
    table(['Status', 'Type', 'What to do'], ERROR_TYPES),
    '## Idempotency',
    'Give every POST an `Idempotency-Key`. The same request again within 24 hours gets the first answer, with `Idempotent-Replayed: true`.',
    '## SDKs',
    table(
      ['SDK', 'Install', 'Needs'],
      SDKS.map(({ name, install, needs }) => [name, `\`${install}\``, needs]),
    ),
    fence(FENCES[sdkLanguage], sdkSample(baseUrl, key)[sdkLanguage]),
    '## Command line',
    'Posts the webhooks of the app to your machine; `trigger`, in another terminal, makes a payment and pays it.',
    fence('sh', Object.values(cliSample(baseUrl)).join('\n')),
    '',
  ].join('\n\n');
}
