// Files that the gateway streams. A browser fetches them by itself, so nothing renews a session that ended meanwhile.
import type { MouseEvent } from 'react';
import { api } from './api';

/** Looks at the session before a link to a file is followed, so that no error is saved in the file's place. */
export function renewFirst(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  const follow = () => {
    const link = document.createElement('a');
    link.href = href;
    link.download = '';
    link.click();
  };
  // Unreachable or not, the browser then says itself what became of the file.
  void api.GET('/api/auth/me').then(follow, follow);
}
