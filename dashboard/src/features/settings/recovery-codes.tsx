import { Download, Printer } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Code } from '@/components/ui/code';
import { Checkbox } from '@/components/ui/field';
import { Alert } from '@/components/ui/states';
import { saveFile } from '@/lib/save-file';
import { useUnsaved } from './guard';

const asText = (codes: string[]): string =>
  `ZenWallet recovery codes for ${location.host}\nEach works once.\n\n${codes.join('\n')}\n`;

/** Prints the codes alone, from a window that closes itself. */
function print(codes: string[]): void {
  const paper = window.open('', '', 'width=480,height=640');
  if (!paper) return;
  const text = paper.document.createElement('pre');
  text.textContent = asText(codes);
  paper.document.body.append(text);
  paper.print();
  paper.close();
}

/** New recovery codes, this once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const [isStored, setStored] = useState(false);
  useUnsaved(true);
  return (
    <div className="max-w-md space-y-4 px-4 pb-5">
      <Alert tone="warn">
        Store these recovery codes now: they are not shown again. Each lets you in once without your
        authenticator.
      </Alert>
      <Code text={codes.join('\n')} label="recovery codes" />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => saveFile('zenwallet-recovery-codes.txt', asText(codes))}>
          <Download aria-hidden />
          Download
        </Button>
        <Button onClick={() => print(codes)}>
          <Printer aria-hidden />
          Print
        </Button>
      </div>
      <Checkbox
        label="I stored them"
        checked={isStored}
        onChange={(event) => setStored(event.target.checked)}
      />
      <Button look="primary" disabled={!isStored} onClick={onDone}>
        Done
      </Button>
    </div>
  );
}
