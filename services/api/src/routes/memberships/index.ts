import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { getMembership } from './get-membership.ts';
import { getMembershipHistory } from './get-membership-history.ts';
import { postMembershipEvent } from './post-event.ts';
import { putMembership } from './put-membership.ts';
import { searchMemberships } from './search-memberships.ts';

export function membershipRoutes(app: HttpApp, dependencies: Dependencies): void {
  putMembership(app, dependencies);
  getMembership(app, dependencies);
  getMembershipHistory(app, dependencies);
  postMembershipEvent(app, dependencies);
  searchMemberships(app, dependencies);
}
