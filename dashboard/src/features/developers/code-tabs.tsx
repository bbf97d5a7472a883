import { Code } from '@/components/ui/code';
import { cn } from '@/lib/cn';
import { usePreference } from '@/lib/preferences';
import { LANGUAGES, type Sample } from './samples';

type Props = {
  /** One after the other, each with what it is for its copy button; the languages are those of the first. */
  samples: { label: string; text: Partial<Sample> }[];
};

/** Samples in the language that was chosen last, anywhere on the page; where they lack it, in their first. */
export function CodeTabs({ samples }: Props) {
  const [chosen, choose] = usePreference('codeLanguage');
  const languages = LANGUAGES.filter(({ id }) => samples[0]?.text[id] !== undefined);
  const language = languages.find((each) => each.id === chosen) ?? languages[0];
  if (!language) return null;
  return (
    <div className="min-w-0 space-y-2">
      <fieldset className="flex flex-wrap gap-1">
        <legend className="sr-only">Language</legend>
        {languages.map((each) => (
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
      {samples.map(({ label, text }) => (
        <Code
          key={label}
          className="[&_pre]:[tab-size:4] sm:[&_pre]:whitespace-pre"
          text={text[language.id] ?? ''}
          label={`${label} in ${language.name}`}
        />
      ))}
    </div>
  );
}
