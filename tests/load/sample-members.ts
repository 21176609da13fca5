import { type MembershipEvent, programmeAt } from '@mra/recognition';
import {
  createNetworkCache,
  createPool,
  type MembershipRecord,
  openDatabase,
  record,
  writeMemberships,
} from '@mra/registry';

/** The digits of a sample's numbers and identifiers, which each member made of it has replaced by its own eight. */
export const PLACEHOLDER = '77777777';

/** Of twenty members, how many are of each sample. */
export interface Sample {
  readonly programme: 'eu-aeo' | 'cn-aeo';
  readonly number: string;
  readonly share: number;
}

/** The written versions of the member that stands for those with a long history. */
export const VERSIONS = 20;
export const VERSIONED = `DEAEOFV${PLACEHOLDER}`;

const SINCE = '2019-04-01T00:00:00.000Z';

interface Written extends Sample {
  readonly record: MembershipRecord;
  readonly events: readonly (MembershipEvent & { readonly note: null })[];
}

const european = (type: string, change: Partial<MembershipRecord> = {}, prefix = ''): Omit<Written, 'share'> => ({
  programme: 'eu-aeo',
  number: `DE${type}${prefix}${PLACEHOLDER}`,
  record: {
    type,
    validFrom: SINCE,
    validTo: null,
    validatedOn: '2019-03-15',
    issuingCountry: 'DE',
    issuingOffice: 'DE004600',
    names: [{ name: `Invented Logistics ${PLACEHOLDER} GmbH`, kind: 'legal', language: 'de' }],
    addresses: [
      {
        kind: 'registered',
        street: 'Hafenstraße 1',
        city: 'Hamburg',
        postalCode: '20457',
        region: null,
        country: 'DE',
      },
    ],
    identifiers: [
      { scheme: 'eori', value: `DE${prefix || type.slice(3)}${PLACEHOLDER}`, validFrom: null, validTo: null },
    ],
    roles: ['exporter', 'importer'],
    consent: { given: true, partners: null, from: SINCE },
    ...change,
  },
  events: [],
});

const suspended = { component: 'AEOS', newType: null, partners: null, effectiveFrom: '2024-02-01T00:00:00.000Z' };

const WRITTEN: readonly Written[] = [
  { ...european('AEOF'), share: 10 },
  { ...european('AEOC'), share: 3 },
  { ...european('AEOS'), share: 3 },
  { ...european('AEOF', {}, 'S'), share: 1, events: [{ type: 'suspended', note: null, ...suspended }] },
  { ...european('AEOF', { consent: { given: false, partners: null, from: SINCE } }, 'N'), share: 1 },
  {
    ...european('ADVANCED', {
      issuingCountry: 'CN',
      issuingOffice: null,
      names: [{ name: `Invented Trading ${PLACEHOLDER} Co., Ltd.`, kind: 'legal', language: 'en' }],
      identifiers: [
        { scheme: 'cn-aeo-code', value: `AEOCN99${PLACEHOLDER}`, validFrom: null, validTo: null },
        { scheme: 'cn-customs-code', value: `99${PLACEHOLDER}`, validFrom: null, validTo: null },
      ],
      consent: null,
    }),
    programme: 'cn-aeo',
    number: `AEOCN99${PLACEHOLDER}`,
    share: 2,
  },
];

export const SAMPLES: readonly Sample[] = WRITTEN;

const ADMINISTRATIONS = { 'eu-aeo': 'EU', 'cn-aeo': 'CN' } as const;

/**
 * Writes one member of each kind through the product, so that every row is one that the product makes: AEOF, AEOC and AEOS of the EU,
 * one suspended, one without consent, one of China with a code for each recogniser, and one of the EU that is written twenty times.
 */
export async function writeSamples(url: string): Promise<void> {
  const db = openDatabase(createPool({ url, max: 2, applicationName: 'mra-bench' }));
  try {
    const networks = createNetworkCache(db);
    for (const sample of WRITTEN) await write(sample);
    for (let version = 0; version < VERSIONS; version += 1) {
      const validTo = `${2030 + version}-01-01T00:00:00.000Z`;
      await write({ ...european('AEOF', { validTo }, 'V'), number: VERSIONED, share: 0 });
    }

    async function write({ programme, number, record: written, events }: Written): Promise<void> {
      const actor = { client: 'bench', administration: ADMINISTRATIONS[programme] };
      await record(db, actor, async (recording) => {
        const network = await networks.current(recording.tx);
        const terms = programmeAt(network, programme, SINCE);
        if (terms === null) throw new Error(`no programme ${programme}`);
        const [result] = await writeMemberships(recording, network, [
          { programme: terms, number, record: written, events, source: null },
        ]);
        if (result?.outcome === 'refused') throw new Error(`a sample was refused: ${result.detail}`);
      });
    }
  } finally {
    await db.destroy();
  }
}
