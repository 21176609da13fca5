import { EVENT_TYPES, type VerifiedSet } from '@mra/exchange-protocol';
import { sql } from 'kysely';
import type { Exchange } from '../context.ts';
import { inExchange } from '../in-exchange.ts';
import type { Partner } from '../partners.ts';
import type { Incoming } from './arrange-events.ts';

const FRAMEWORK: readonly string[] = [EVENT_TYPES.verification, EVENT_TYPES.streamUpdated];

/** Whether it is one of the framework's two, which are about no member. */
export const isFramework = ({ eventType }: VerifiedSet): boolean => FRAMEWORK.includes(eventType);

/** Whether an event may be about a member, and nobody can tell what place in the stream it has. */
export const isPlaceless = ({ set, reading }: Incoming): boolean =>
  !reading.ok && reading.seq === null && !isFramework(set);

/**
 * Remembers that something of a partner's stream came of which not even the place could be read. Its sender may count it as settled, and
 * the gap would show only with the next event: a worker asks for what follows the last event that was applied. To be called
 * before the sender is told.
 */
export async function noteUnreadable({ db }: Exchange, { code }: Pick<Partner, 'code'>): Promise<void> {
  await inExchange(db, (tx) =>
    sql`update inbound_stream set unreadable = unreadable + 1 where partner = ${code} and stream_id is not null`.execute(
      tx,
    ),
  );
}
