const failing = { nextAttemptAt: null, lastError: null, lastErrorAt: null };

const partner = {
  code: 'JP',
  administrations: ['JP'],
  actsAs: 'EU',
  issuer: 'https://aeo.jp.example',
  receiveBy: 'poll',
  cadenceSeconds: 3600,
  heardAt: '2026-11-22T08:58:12.031Z',
  staleFrom: '2026-11-22T10:28:12.031Z',
  fresh: true,
  quarantined: 1,
  lastError: null,
  lastErrorAt: null,
  inbound: {
    streamId: '0d4f0f2e-8f9a-4f4b-9b0c-3d9f0c7f7a11',
    lastSequence: 4711,
    newestSequence: 4711,
    lagEvents: 0,
    lagSeconds: 0,
    waiting: 0,
    needsSnapshot: false,
    snapshotReason: null,
    comparedAt: '2026-11-22T03:00:04.110Z',
    failures: 0,
    ...failing,
  },
  outbound: {
    streamId: 'f67e39a0-a4d3-4d56-b3aa-1bc4cff0069f',
    status: 'enabled',
    lastSequence: 4242,
    undelivered: 0,
    lagSeconds: 0,
    attempts: 0,
    lastDeliveryAt: '2026-11-22T08:59:40.207Z',
    ...failing,
  },
};

const report = {
  reportedAt: '2026-11-21T23:11:05.662Z',
  kind: 'record_warned',
  detail: { records: 1, first: [{ programme: 'jp-aeo', number: '89900000000010000', seq: 4690 }] },
};

/** What the document shows of partners. */
export const partnerExamples = {
  page: { one: { summary: 'One partner', value: { data: [partner], nextCursor: null } } },
  detail: { fresh: { summary: 'Fresh, with one record put aside', value: { ...partner, reports: [report] } } },
  asked: {
    asked: {
      summary: 'A snapshot will be loaded',
      value: {
        ...partner,
        inbound: { ...partner.inbound, needsSnapshot: true, snapshotReason: 'asked for by operations' },
      },
    },
  },
  bodies: {
    plain: { summary: 'As usual', value: {} },
    shrink: { summary: 'Far fewer members are expected', value: { allowShrinkTo: 900 } },
  },
};
