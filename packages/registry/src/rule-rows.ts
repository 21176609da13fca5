import type { Flow, RecognitionRule, Role } from '@mra/recognition';
import type { Selectable } from 'kysely';
import type { DB } from './database.ts';

export type RuleRow = Selectable<DB['recognition_rule']>;

/** What of a rule's row decides. */
export function toRule(row: RuleRow): RecognitionRule {
  return {
    id: row.id,
    programme: row.programme,
    recogniser: row.recogniser,
    types: row.types,
    roles: row.roles as Role[] | null,
    flows: row.flows as Flow[] | null,
    effectiveFrom: row.effective_from,
    presentation: row.presentation,
    benefits: row.benefits,
    pilotMembers: row.pilot_members,
  };
}
