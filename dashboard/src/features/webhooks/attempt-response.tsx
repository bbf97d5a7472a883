import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Alert } from '@/components/ui/states';
import { CodePill } from '@/components/ui/status';
import { cn } from '@/lib/cn';
import { diffLines } from './diff';
import { Headers, Label } from './headers';
import type { Attempt } from './queries';
import { errorText, errorWord } from './words';

/** Bytes of an answer that the log keeps. */
const KEPT = 4_096;

/** JSON on lines of its own; other text as it is. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** An answer as lines that can be compared. */
function lines({ response, error }: Attempt): string {
  if (!response) return error ?? 'no answer';
  return `HTTP ${response.status}\n\n${readable(response.body)}`;
}

const SIGNS = { same: ' ', gone: '−', new: '+' };

function Difference({ attempt, before }: { attempt: Attempt; before: Attempt }) {
  const found = diffLines(lines(before), lines(attempt));
  if (found.every(({ kind }) => kind === 'same'))
    return <Alert tone="info">The same answer as attempt {before.attempt_number}.</Alert>;
  return (
    <div>
      <Label>
        From attempt {before.attempt_number} to {attempt.attempt_number}
      </Label>
      <pre className="overflow-x-auto rounded-popover border bg-surface-2 py-2 font-mono text-12 whitespace-pre-wrap">
        {found.map(({ kind, text }, at) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
            key={at}
            className={cn(
              'block px-3 break-words',
              kind === 'gone' && 'bg-bad-soft text-bad',
              kind === 'new' && 'bg-ok-soft text-ok',
            )}
          >
            {SIGNS[kind]} {text}
          </span>
        ))}
      </pre>
    </div>
  );
}

/** What came back, or why nothing did. */
export function ResponsePart({ attempt, before }: { attempt: Attempt; before?: Attempt | undefined }) {
  const [isCompared, setCompared] = useState(false);
  const { response, error } = attempt;
  const isCut = !!response && new TextEncoder().encode(response.body).length >= KEPT - 3;
  return (
    <div className="space-y-3">
      <div className="flex min-h-7 items-center justify-between gap-3 text-13">
        {response ? (
          <p className="font-mono text-12">
            <b className="font-semibold">HTTP {response.status}</b>
          </p>
        ) : (
          <p className="flex items-center gap-2">
            <CodePill code={error ? errorWord(error) : 'no answer'} /> No answer
          </p>
        )}
        {before && (
          <Button size="small" aria-pressed={isCompared} onClick={() => setCompared(!isCompared)}>
            {isCompared ? 'Hide the difference' : `Compare with attempt ${before.attempt_number}`}
          </Button>
        )}
      </div>
      {error && <p className="text-13 break-words">{errorText(error)}</p>}
      {before && isCompared && <Difference attempt={attempt} before={before} />}
      {response && (
        <>
          <div>
            <Label>Body</Label>
            {response.body ? (
              <Code text={response.body} label="response body">
                {readable(response.body)}
              </Code>
            ) : (
              <p className="text-12 text-fg-3">Empty</p>
            )}
            {isCut && <p className="mt-1.5 text-12 text-warn">Truncated: the log keeps the first 4 KB.</p>}
          </div>
          <Headers headers={response.headers} />
        </>
      )}
    </div>
  );
}
