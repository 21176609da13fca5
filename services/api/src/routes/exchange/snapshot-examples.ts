const AS_OF = '2026-11-22T09:00:00.000Z';
const SNAPSHOT_ID = '0b6c4f0e-6a4f-4c0e-9b0a-5a3f4f6f0f11';
const HASH = 'RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o';

const digest = { buckets: [{ index: 0, count: 1, hash: HASH }], count: 1, hash: HASH };

/** What the document shows of snapshots and digests. */
export const snapshotExamples = {
  id: SNAPSHOT_ID,
  requests: {
    everything: { summary: 'Everything', value: {} },
    buckets: { summary: 'The buckets that a comparison found unequal', value: { buckets: [17, 203] } },
  },
  manifest: {
    ready: {
      summary: 'One member in one file',
      value: {
        snapshotId: SNAPSHOT_ID,
        seq: 1042,
        asOf: AS_OF,
        recordCount: 1,
        files: [
          { url: `https://aeo.eu.example/exchange/snapshots/${SNAPSHOT_ID}/files/1`, sha256: HASH, recordCount: 1 },
        ],
        digest,
        buckets: null,
      },
    },
  },
  lines: {
    one: {
      summary: 'A member',
      value: `${JSON.stringify({
        agreement: 'eu-jp-2010',
        record: {
          programme: 'eu-aeo',
          number: 'DEAEOF00012345',
          version: 3,
          type: 'AEOF',
          statuses: [
            { component: 'AEOS', type: 'AEOF', status: 'active', from: '2019-04-01T00:00:00.000Z', to: null },
            { component: 'AEOC', type: 'AEOF', status: 'active', from: '2019-04-01T00:00:00.000Z', to: null },
          ],
          identifiers: [{ scheme: 'eori', value: 'DE123456789012345', from: null, to: null }],
          names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
          addresses: [],
          roles: [],
          validFrom: '2019-04-01T00:00:00.000Z',
          validTo: null,
          validatedOn: null,
          issuingCountry: 'DE',
          issuingOffice: 'DE004600',
        },
        communicated: { from: '2019-04-01T00:00:00.000Z', to: null },
      })}\n`,
    },
  },
  digests: {
    one: {
      summary: 'One member, in a digest of one bucket',
      value: { seq: 1042, asOf: AS_OF, agreements: [{ agreement: 'eu-jp-2010', dataElements: null }], digest },
    },
  },
} as const;
