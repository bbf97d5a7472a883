/** `12:31:02` in a zone. */
export const clockSeconds = (iso: string, zone: string): string =>
  new Date(iso).toLocaleTimeString('en-GB', { timeZone: zone, hourCycle: 'h23' });
