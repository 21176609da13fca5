import { type Audience, type Network, type Question, ROLES } from '@mra/recognition';
import fc from 'fast-check';
import { type AgreementChange, changeNetwork } from './agreement-changes.ts';
import { CONSENT, type Member, members, nearBound, often, RECOGNISERS, SHARED } from './arbitrary-members.ts';
import { referenceNetwork } from './reference-network.ts';

/** Codes made for a recogniser, and texts that name nobody. */
const OTHERS = ['A1234510MY00', 'A1234510MY00', 'SG123456789012', 'NOBODY123', '?'];

/** Recognisers that have a rule for a programme, those that recognise as members of the EU among them. */
const partnersOf = (programme: string): readonly string[] =>
  [...referenceNetwork.rules.values()]
    .flatMap((entries) => entries.map(({ rule }) => rule))
    .filter((rule) => rule.programme === programme)
    .flatMap(({ recogniser }) => (recogniser === 'EU' ? ['EU', 'NL', 'GB'] : [recogniser]))
    .filter((recogniser) => RECOGNISERS.some((known) => known === recogniser));

/** A question that usually names one of the members, and a recogniser that could recognise it. */
export const aQuestionAbout = (subjects: readonly Member[]): fc.Arbitrary<Omit<Question, 'knownAt'>> =>
  fc.constantFrom(...subjects).chain(({ programme, number, record }) => {
    const shared = record.identifiers.map(({ value }) => value);
    const own = [number, ...shared, ...shared];
    const open = {
      recogniser: often(fc.constantFrom(...partnersOf(programme)), fc.constantFrom(...RECOGNISERS)),
      identifier: often(fc.constantFrom(...own), fc.constantFrom(...OTHERS), 8),
      at: nearBound,
    };
    const narrow = {
      scheme: fc.constantFrom('lei', 'lei', 'lei', 'eori', 'eu-aeo-number'),
      issuer: fc.constantFrom('EU', 'GB', 'DE', 'US'),
      role: fc.constantFrom(...ROLES.slice(0, 4)),
      flow: fc.constantFrom('import', 'export'),
      name: fc.constantFrom('Invented Trader', 'Another'),
    } as const;
    // Most questions narrow nothing, the others by one or two fields: else few members would be found.
    const fields = often<readonly string[]>(
      fc.constant([]),
      fc.subarray(Object.keys(narrow), { minLength: 1, maxLength: 2 }),
      2,
    );
    return fc.tuple(fc.record(open), fc.record(narrow), fields).map(([question, narrowing, names]) => ({
      ...question,
      ...Object.fromEntries(Object.entries(narrowing).filter(([name]) => names.includes(name))),
    }));
  });

/** Changes of agreements that the questions are about; each agreement once. */
export const CHANGES: readonly AgreementChange[] = [
  { agreement: 'eu-jp-2010', from: '2026-03-01T00:00:00.000Z', lifeCycle: 'suspended' },
  { agreement: 'eu-us-2012', from: '2027-01-01T00:00:00.000Z', lifeCycle: 'terminated' },
  { agreement: 'jp-gb-2020', from: null, inForceOn: '2021' },
  { agreement: 'cn-tw-pilot-2016', from: null, inForceOn: '2016-10', pilotMembers: ['TW100000002'] },
];

/** The terms of a programme change on this day: nothing is recognisable any more, and consent is given partner by partner. */
function withDatedProgramme(network: Network): Network {
  const programmes = new Map(network.programmes);
  const [terms] = programmes.get('us-ctpat') ?? [];
  if (terms === undefined) throw new Error('no programme us-ctpat');
  const day = '2026-03-01T00:00:00.000Z';
  const types = terms.types.map((type) => ({ ...type, recognisable: 'no' as const }));
  const [before, after] = [
    { from: null, to: day },
    { from: day, to: null },
  ];
  programmes.set('us-ctpat', [
    { ...terms, valid: before },
    { ...terms, consent: 'per_partner', types, valid: after },
  ]);
  return { ...network, programmes };
}

const NETWORKS = [[], CHANGES.slice(0, 2), CHANGES.slice(2), CHANGES]
  .map((changes) => changeNetwork(referenceNetwork, changes))
  .flatMap((network) => [network, withDatedProgramme(network)]);

/** The reference network, with some agreements changed, and with new terms of a programme from a day on. */
export const aNetwork: fc.Arbitrary<Network> = fc.constantFrom(...NETWORKS);

const KNOWN = [
  '2024-01-01T00:00:00.000Z',
  '2026-06-01T12:00:00.000Z',
  '2026-11-22T09:00:00.000Z',
  '2026-11-22T00:00:00.000Z',
];

/** A network, members and a question about one of them. */
export interface World {
  readonly network: Network;
  readonly members: readonly Member[];
  readonly question: Question;
  readonly audience: Audience;
}

/** Half of the worlds are crowded: all members, who consent and are still what they were, share the identifier asked for. */
export const aWorld: fc.Arbitrary<World> = fc
  .tuple(members, fc.boolean())
  .map(([subjects, isCrowded]) => (isCrowded ? subjects.map(crowded) : subjects))
  .chain((subjects) =>
    fc.record({
      network: aNetwork,
      members: fc.constant(subjects),
      question: fc
        .tuple(aQuestionAbout(subjects), fc.constantFrom(...KNOWN))
        .map(([question, knownAt]) => ({ ...question, knownAt })),
      audience: fc.record({ administration: often(fc.constant(null), fc.constantFrom('EU', 'GB', 'MY')) }),
    }),
  );

const crowded = ({ record, ...member }: Member): Member => ({
  ...member,
  record: {
    ...record,
    validTo: null,
    consent: CONSENT,
    identifiers: [{ ...SHARED[0], validFrom: null, validTo: null }],
  },
  events: [],
});
