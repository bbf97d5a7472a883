/** A line of few points without axes; the numbers stand beside it. */
export function Sparkline({ values, className }: { values: number[]; className?: string }) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const x = (at: number) => (at / (values.length - 1)) * 100;
  const y = (value: number) => 22 - (value / most) * 20;
  const line = values.map((value, at) => `${x(at).toFixed(2)},${y(value).toFixed(2)}`).join(' ');
  return (
    <svg aria-hidden viewBox="0 0 100 24" preserveAspectRatio="none" className={className}>
      <polygon points={`0,24 ${line} 100,24`} fill="var(--c-ok)" fillOpacity={0.16} />
      <polyline
        points={line}
        fill="none"
        stroke="var(--c-ok)"
        strokeWidth={1.5}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
