// A link's token stands behind the `#`, which no server sees. It is taken out of the address at once and kept nowhere.
import { useEffect, useState } from 'react';

const fromAddress = (): string => new URLSearchParams(location.hash.slice(1)).get('token') ?? '';

/** The token of the link that led here, and how to set another. */
export function useToken(): [string, (token: string) => void] {
  const [token, setToken] = useState(fromAddress);
  useEffect(() => {
    const take = () => {
      const found = fromAddress();
      if (!found) return;
      setToken(found);
      history.replaceState(history.state, '', location.pathname + location.search);
    };
    take();
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  return [token, setToken];
}

/** The token in what somebody pasted: it alone, or the whole link. */
export const tokenIn = (pasted: string): string => pasted.trim().replace(/^.*#token=/, '');
