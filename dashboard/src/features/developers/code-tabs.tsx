import { Code } from '@/components/ui/code';
import { cn } from '@/lib/cn';
import { usePreference } from '@/lib/preferences';
import { LANGUAGES, type Sample } from './samples';

/** A sample in the language that was chosen last, anywhere on the page. */
export function CodeTabs({ sample, label }: { sample: Sample; label: string }) {
  const [chosen, choose] = usePreference('codeLanguage');
  const language = LANGUAGES.find((each) => each.id === chosen) ?? LANGUAGES[0];
  if (!language) return null;
  return (
    <div className="min-w-0">
      <fieldset className="mb-2 flex gap-1">
        <legend className="sr-only">Language</legend>
        {LANGUAGES.map((each) => (
          <button
            key={each.id}
            type="button"
            aria-pressed={each.id === language.id}
            onClick={() => choose(each.id)}
            className={cn(
              'h-7 rounded-control px-2.5 text-12 font-medium pointer-coarse:h-11',
              each.id === language.id ? 'bg-surface-3 text-fg' : 'text-fg-2 hover:text-fg',
            )}
          >
            {each.name}
          </button>
        ))}
      </fieldset>
      <Code
        className="sm:[&_pre]:whitespace-pre"
        text={sample[language.id]}
        label={`${label} in ${language.name}`}
      />
    </div>
  );
}
