// Test and production are separate worlds; which one is seen stands in the address.
import { useParams } from 'react-router';

export type Environment = 'test' | 'production';

export const isEnvironment = (value: string | undefined): value is Environment =>
  value === 'test' || value === 'production';

/** The environment of the page's address. */
export function useEnvironment(): Environment {
  const { environment } = useParams();
  return isEnvironment(environment) ? environment : lastEnvironment();
}

export const lastEnvironment = (): Environment =>
  localStorage.getItem('zw_environment') === 'production' ? 'production' : 'test';
export const rememberEnvironment = (environment: Environment): void =>
  localStorage.setItem('zw_environment', environment);
