/** Hands a text to the person as a file; it goes through no server. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser begins to read it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
