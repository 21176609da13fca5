import { z } from 'zod';
import { AdministrationCode, pageOf } from './common.ts';
import { Instant } from './days.ts';
import { COUNT_MAX, line, prose, whole } from './text.ts';

export const PartnerParams = z.strictObject({ code: AdministrationCode.meta({ examples: ['JP'] }) });
export type PartnerParams = z.infer<typeof PartnerParams>;

const count = (what: string) => whole(0, COUNT_MAX).describe(what);

const failing = {
  nextAttemptAt: Instant.nullable().describe('When it is tried again after failures; null: it is not waiting.'),
  lastError: prose(2000).nullable(),
  lastErrorAt: Instant.nullable(),
};

const Inbound = z
  .object({
    streamId: line(128).nullable().describe('Stream that the partner keeps for us; null: there is none yet.'),
    lastSequence: count('Last event applied, in its turn.'),
    newestSequence: count('Highest event seen.'),
    lagEvents: count('Events known to be missing or waiting.'),
    lagSeconds: count('How long the oldest waiting event has waited; 0: none waits.'),
    waiting: count('Events kept behind a gap.'),
    needsSnapshot: z.boolean().describe('Its copy is no longer brought up to date by events alone.'),
    snapshotReason: prose(2000).nullable(),
    comparedAt: Instant.nullable().describe('When both sides last compared what is held; null: a comparison is due.'),
    failures: whole(0, 2_147_483_647).describe('Calls that failed in a row.'),
    ...failing,
  })
  .meta({ id: 'PartnerInbound', description: 'What is received from a partner.' });

const Outbound = z
  .object({
    streamId: line(128),
    status: z.enum(['enabled', 'paused', 'disabled']),
    lastSequence: count('Last event committed for the partner.'),
    undelivered: count('Events that the partner has not acknowledged.'),
    lagSeconds: count('Age of the oldest of them; 0: none.'),
    attempts: whole(0, 2_147_483_647).describe('Deliveries of the next event that failed in a row.'),
    lastDeliveryAt: Instant.nullable(),
    ...failing,
  })
  .meta({ id: 'PartnerOutbound', description: 'What is sent to a partner.' });

const fields = {
  code: AdministrationCode,
  administrations: z.array(AdministrationCode).max(300).describe('Administrations of whose members it may speak.'),
  actsAs: AdministrationCode.describe('The local administration whose partner it is.'),
  issuer: line(2000).describe('`iss` of its events.'),
  receiveBy: z.enum(['poll', 'push', 'nothing']).describe('How its events are received.'),
  cadenceSeconds: whole(1, 2_147_483_647).describe('At least how often it lets us hear from it.'),
  heardAt: Instant.nullable().describe('When an event in its turn, or a snapshot, was last applied.'),
  staleFrom: Instant.nullable().describe(
    'From when answers about its members are `indeterminate` (`DATA_STALE`) unless it is heard again; null: never heard.',
  ),
  fresh: z.boolean().describe('Whether that lies ahead.'),
  quarantined: count('Records put aside that nobody has decided about.'),
  lastError: prose(2000).nullable().describe('The latest failure in either direction.'),
  lastErrorAt: Instant.nullable(),
  inbound: Inbound,
  outbound: Outbound.nullable().describe('null: the partner has made no stream.'),
};

export const Partner = z
  .object(fields)
  .meta({ id: 'Partner', description: 'A partner endpoint and the state of the exchange with it.' });
export type Partner = z.infer<typeof Partner>;

export const PartnerPage = pageOf(Partner, 'PartnerPage', 'Registered partners by code.');
export type PartnerPage = z.infer<typeof PartnerPage>;

export const ExchangeReport = z
  .object({
    reportedAt: Instant,
    kind: z.enum([
      'snapshot_applied',
      'snapshot_refused',
      'digest_repaired',
      'events_missing',
      'stream_updated',
      'set_refused',
      'delivery_refused',
      'record_warned',
      'clock_ahead',
      'shares_repaired',
      'seq_reused',
    ]),
    detail: z
      .record(z.string().max(1000), z.unknown())
      .meta({ description: 'What it was about; differs by kind.', maxProperties: 100 }),
  })
  .meta({ id: 'ExchangeReport', description: 'Something that operations should know of an exchange.' });
export type ExchangeReport = z.infer<typeof ExchangeReport>;

export const PartnerDetail = z
  .object({ ...fields, reports: z.array(ExchangeReport).max(20).describe('The last twenty, newest first.') })
  .meta({ id: 'PartnerDetail', description: 'A partner, the state of the exchange with it, and its last reports.' });
export type PartnerDetail = z.infer<typeof PartnerDetail>;

export const ResynchroniseBody = z
  .strictObject({
    allowShrinkTo: whole(0, COUNT_MAX)
      .optional()
      .describe('How few members the snapshot may leave, where that is more than 10 % fewer than are held.'),
  })
  .meta({
    id: 'ResynchroniseBody',
    description: 'What the next snapshot may do.',
    examples: [{ allowShrinkTo: 900 }],
  });
export type ResynchroniseBody = z.infer<typeof ResynchroniseBody>;
