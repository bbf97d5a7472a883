import { api, data, type Schemas } from '@/lib/api';
import type { User } from '@/lib/session';

export type Invitation = Schemas['InvitationObject'];

export const usersQuery = {
  queryKey: ['users'],
  queryFn: async () => (await data(api.GET('/api/users'))).data as User[],
};

export const invitationsQuery = {
  queryKey: ['invitations'],
  queryFn: async () => (await data(api.GET('/api/users/invitations'))).data as Invitation[],
};
