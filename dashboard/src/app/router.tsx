import { createBrowserRouter, type LoaderFunctionArgs, redirect } from 'react-router';
import { ApiError, keepSession } from '@/lib/api';
import { isEnvironment, lastEnvironment, rememberEnvironment } from '@/lib/environment';
import { accountQuery } from '@/lib/session';
import { queries } from './providers';
import { Crash, Shell } from './shell';

/** Lets in who is logged in; sends everybody else to the login page, and back afterwards. */
async function requireSession({ request }: LoaderFunctionArgs): Promise<null> {
  try {
    await queries.fetchQuery(accountQuery);
    keepSession(true);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const { pathname, search } = new URL(request.url);
    throw redirect(pathname === '/' ? '/login' : `/login?next=${encodeURIComponent(pathname + search)}`);
  }
}

function knownEnvironment({ params }: LoaderFunctionArgs): null {
  if (!isEnvironment(params.environment)) throw redirect(`/${lastEnvironment()}`);
  rememberEnvironment(params.environment);
  return null;
}

const guest = (
  path: string,
  name: 'Login' | 'Setup' | 'Invitation' | 'ForgotPassword' | 'ResetPassword',
) => ({
  path,
  lazy: async () => ({ Component: (await import('@/features/auth/page'))[name] }),
});

export const router = createBrowserRouter([
  {
    ErrorBoundary: Crash,
    // Nothing is shown until the first page is there: it comes from this machine, and a flash of grey would be slower.
    HydrateFallback: () => null,
    children: [
      guest('/login', 'Login'),
      guest('/setup', 'Setup'),
      guest('/invitation', 'Invitation'),
      guest('/forgot-password', 'ForgotPassword'),
      guest('/reset-password', 'ResetPassword'),
      {
        Component: Shell,
        loader: requireSession,
        // A session is looked at once: its end is noticed by the first request that is refused.
        shouldRevalidate: () => false,
        children: [
          { path: '/', loader: () => redirect(`/${lastEnvironment()}`) },
          {
            ErrorBoundary: Crash,
            children: [
              {
                path: '/settings',
                lazy: async () => ({ Component: (await import('@/features/settings/page')).SettingsPage }),
              },
              {
                path: '/:environment',
                loader: knownEnvironment,
                children: [
                  {
                    index: true,
                    lazy: async () => ({
                      Component: (await import('@/features/overview/page')).OverviewPage,
                    }),
                  },
                  {
                    path: 'start',
                    lazy: async () => ({
                      Component: (await import('@/features/onboarding/page')).OnboardingPage,
                    }),
                  },
                  {
                    path: 'payments',
                    lazy: async () => ({
                      Component: (await import('@/features/payments/page')).PaymentsPage,
                    }),
                    children: [
                      {
                        path: ':paymentId',
                        lazy: async () => ({
                          Component: (await import('@/features/payments/drawer')).PaymentDrawer,
                        }),
                      },
                    ],
                  },
                  {
                    path: 'apps',
                    lazy: async () => ({ Component: (await import('@/features/apps/page')).AppsPage }),
                  },
                  {
                    path: 'apps/:appId',
                    lazy: async () => ({ Component: (await import('@/features/apps/app')).AppPage }),
                  },
                  {
                    path: 'webhooks',
                    lazy: async () => ({
                      Component: (await import('@/features/webhooks/page')).WebhooksPage,
                    }),
                    children: [
                      {
                        path: ':deliveryId',
                        lazy: async () => ({
                          Component: (await import('@/features/webhooks/drawer')).DeliveryDrawer,
                        }),
                      },
                    ],
                  },
                  {
                    path: 'developers',
                    lazy: async () => ({
                      Component: (await import('@/features/developers/page')).DevelopersPage,
                    }),
                  },
                ],
              },
            ],
          },
        ],
      },
      { path: '*', Component: () => <Crash isUnknown /> },
    ],
  },
]);
