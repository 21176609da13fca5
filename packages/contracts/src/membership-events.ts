import { EVENT_TYPES } from '@mra/recognition';
import { z } from 'zod';
import { AdministrationCode, ClientId, TypeCode } from './common.ts';
import { DayOrInstant, Instant } from './days.ts';
import { besideOtherErrors, COUNT_MAX, prose, whole } from './text.ts';

const EventType = z
  .enum(EVENT_TYPES)
  .describe('`annulled`: void from the beginning. `revoked`: ends from `effectiveFrom`.');

const fields = {
  type: EventType,
  component: TypeCode.nullish().describe(
    'Part that the event is about, `AEOS`. Absent or null: all. Not with consent events.',
  ),
  newType: TypeCode.nullish().describe('Type held from then on. With `type_changed`, and only with it.'),
  partners: z
    .array(AdministrationCode)
    .min(1)
    .max(300)
    .nullish()
    .describe('Partners whom a consent event is about. Absent or null: all. Only with consent events.'),
  effectiveFrom: DayOrInstant.nullish().describe('From when it takes effect. Absent or null: now.'),
  note: prose(2000).nullish().describe('For the own files: never sent to partners.'),
};

const isConsent = (event: { type: string }) => event.type === 'consent_given' || event.type === 'consent_withdrawn';

/** A status change as posted. Whether the life cycle allows it is decided by `lifeCycle` (409), not here. */
export const MembershipEvent = z
  .strictObject(fields)
  .refine(
    (event) => event.type !== 'type_changed' || event.newType != null,
    only('newType', 'is required with type_changed'),
  )
  .refine(
    (event) => event.type === 'type_changed' || event.newType == null,
    only('newType', 'is only for type_changed'),
  )
  .refine((event) => isConsent(event) || event.partners == null, only('partners', 'is only for consent events'))
  .refine((event) => !isConsent(event) || event.component == null, only('component', 'is not for consent events'))
  .meta({ id: 'MembershipEvent', description: 'A change of status, type or consent.' });
export type MembershipEvent = z.infer<typeof MembershipEvent>;

export const RecordedEvent = z
  .object({
    ...fields,
    effectiveFrom: DayOrInstant,
    recordedAt: Instant,
    sequence: whole(1, COUNT_MAX).describe('Place among the events of the membership: 1, 2, 3 …'),
    recordedBy: ClientId.nullable().describe('Client that recorded it.'),
  })
  .meta({ id: 'RecordedEvent', description: 'A change as recorded. Never altered or removed.' });
export type RecordedEvent = z.infer<typeof RecordedEvent>;

function only(field: string, error: string) {
  return { ...besideOtherErrors, path: [field], error };
}
