import { problem } from '@mra/contracts';
import type { Caller } from '@mra/http';
import { type MembershipView, type Recording, readMembership } from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';

/** The administration that suspends: the one the caller acts for, where this deployment speaks for it. */
export function recogniserOf({ isLocal }: Dependencies, { administration }: Caller): string {
  if (administration === null) {
    throw problem('WRONG_ADMINISTRATION', { detail: 'The token must act for an administration.' });
  }
  if (!isLocal(administration)) throw problem('NOT_AUTHORITATIVE');
  return administration;
}

/** The partner's member, if the caller may know of it; NOT_FOUND else, and for the caller's own members. */
export async function findMember(
  { tx, recordedAt }: Recording,
  params: { readonly programme: string; readonly number: string },
  recogniser: string,
): Promise<MembershipView> {
  const member = await readMembership(tx, { ...params, at: recordedAt, knownAt: recordedAt });
  if (member === undefined) throw problem('NOT_FOUND');
  if (member.administration === recogniser) {
    throw problem('CONFLICT', { detail: 'An own member is suspended by an event of its membership.' });
  }
  return member;
}
