const entry = {
  id: '17',
  partner: 'JP',
  origin: 'event',
  sequence: 4698,
  jti: '756e69717565206964656e746966696572',
  programme: 'jp-aeo',
  number: '89900000000010000',
  code: 'UNKNOWN_TYPE',
  errors: [{ pointer: '/record/type', detail: 'is not known of this programme' }],
  receivedAt: '2026-11-21T22:40:51.908Z',
  state: 'open',
  decidedAt: null,
  decidedBy: null,
  reason: null,
};

const decided = { decidedAt: '2026-11-22T09:00:00.123Z', decidedBy: 'operations-desk' };

/** What the document shows of quarantine. */
export const quarantineExamples = {
  page: { one: { summary: 'One record', value: { data: [entry], nextCursor: null } } },
  record: {
    open: {
      summary: 'Open, with what was received',
      value: {
        ...entry,
        content: {
          eventType: 'urn:aeo-mra:event:status-changed',
          payload: {
            seq: 4698,
            agreement: 'eu-jp-2010',
            record: { programme: 'jp-aeo', number: '89900000000010000', version: 3, type: 'FORWARDER' },
          },
        },
      },
    },
  },
  retried: {
    applied: { summary: 'Applied', value: { ...entry, ...decided, state: 'applied' } },
    open: { summary: 'Still not possible', value: entry },
  },
  discarded: {
    discarded: {
      summary: 'Discarded',
      value: { ...entry, ...decided, state: 'discarded', reason: 'Sent in error, as the partner confirmed.' },
    },
  },
  bodies: { reason: { summary: 'Why', value: { reason: 'Sent in error, as the partner confirmed.' } } },
};
