// Requests as curl sends them. The key is the caller's own: none is known here.

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const key = `-H "Authorization: Bearer $ZENWALLET_API_KEY"`;

export const curlRead = (paymentId: string): string =>
  `curl ${location.origin}/api/payments/${paymentId} \\\n  ${key}`;

export function curlCreate(body: object): string {
  return [
    `curl ${location.origin}/api/payments/create \\`,
    `  ${key} \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d ${quote(JSON.stringify(body, null, 2))}`,
  ].join('\n');
}
