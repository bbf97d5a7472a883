import { Card } from '@/components/ui/card';
import { Skeleton, SkeletonRows } from '@/components/ui/states';

const CARDS = ['payments', 'rate', 'volume', 'apps'];

/** The shapes of what is on its way, in the page's own geometry. */
export function Waiting() {
  return (
    <div className="space-y-4 md:space-y-6">
      <div className="grid grid-cols-2 gap-3 md:gap-4 xl:grid-cols-4">
        {CARDS.map((card) => (
          <Card key={card} className="h-[142px] space-y-2 p-4">
            <Skeleton className="h-4 w-24" />
            <Skeleton className="h-7 w-28" />
            <Skeleton className="h-4 w-32 max-w-full" />
          </Card>
        ))}
      </div>
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(380px,1fr)]">
        <Card className="h-[480px] p-4">
          <Skeleton className="h-full" />
        </Card>
        <Card>
          <SkeletonRows rows={8} />
        </Card>
      </div>
    </div>
  );
}
