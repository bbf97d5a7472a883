// The documentation works without this: it adds a button that copies to blocks of code, and `/` for the search.
'use strict';
(() => {
  const copy = async (text) => {
    // Pages that came without https have no clipboard.
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.body.appendChild(document.createElement('textarea'));
    area.value = text;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('not copied');
  };
  for (const block of document.querySelectorAll('.code')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      const text = block.querySelector('code').textContent.replace(/\n$/, '');
      button.textContent = await copy(text).then(() => 'Copied', () => 'Not copied');
      setTimeout(() => { button.textContent = 'Copy'; }, 1600);
    });
    block.append(button);
  }
  document.addEventListener('keydown', (event) => {
    const types = event.target.closest?.('input, textarea, select, [contenteditable]');
    if (event.key !== '/' || types || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.querySelector('#zw-search')?.focus();
  });
})();
