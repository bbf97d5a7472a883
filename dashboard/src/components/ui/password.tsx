import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { Input } from './field';

/** A password's field, which shows what was typed where somebody asks for it. */
export function PasswordInput({ className, ...rest }: ComponentProps<typeof Input>) {
  const [isShown, setShown] = useState(false);
  return (
    <div className={className}>
      <div className="relative">
        <Input {...rest} type={isShown ? 'text' : 'password'} spellCheck={false} autoCapitalize="none" />
        <button
          type="button"
          aria-label={isShown ? 'Hide the password' : 'Show the password'}
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
          className="absolute top-[26px] right-0.5 grid size-7 place-items-center rounded-control bg-surface text-fg-3 hover:text-fg [&_svg]:size-4 [&_svg]:stroke-[1.75] pointer-coarse:top-[25px] pointer-coarse:size-[42px]"
        >
          {isShown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
        </button>
      </div>
    </div>
  );
}
