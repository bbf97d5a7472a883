const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** What curl adds by itself, or would get wrong. */
const OWN = new Set(['content-length', 'host', 'connection', 'accept-encoding']);

/** A request as a command line. */
export function curlOf(url: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries(headers)
    .filter(([name]) => !OWN.has(name.toLowerCase()))
    .map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return [`curl -X POST ${quoted(url)}`, ...lines, ...(body ? [`--data-binary ${quoted(body)}`] : [])].join(
    ' \\\n  ',
  );
}
