import type { Examples } from '@mra/http';
import answers from './examples-answers.json' with { type: 'json' };

/** The answers below stay true as time goes by, since each question names its moment. */
const at = '2026-11-22T09:00:00Z';

/** Questions about demonstration members (db/seeds/demo/README.md), one for each kind of answer. */
const questions = {
  recognised: {
    summary: 'Recognised: a combined authorisation of the EU, in Japan',
    value: { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter', at },
  },
  typeNotCovered: {
    summary: 'Not recognised: customs simplifications only',
    value: { recogniser: 'JP', identifier: 'DEAEOC00012346', role: 'exporter', at },
  },
  declared: {
    summary: 'With the code to declare, which is made from the authorisation number',
    value: { recogniser: 'CN', identifier: 'AEOSG990000000001', role: 'exporter', flow: 'import', at },
  },
  ambiguous: {
    summary: 'Cannot be known: a code that two members share',
    value: { recogniser: 'JP', identifier: 'A9001219MY00', role: 'exporter', at },
  },
  startUncertain: {
    summary: 'Cannot be known: the agreement began some time in that year',
    value: { recogniser: 'CA', identifier: '97990000001', role: 'exporter', at: '2018-06-01T00:00:00Z' },
  },
  validUntil: {
    summary: 'Recognised until an announced suspension',
    value: { recogniser: 'JP', identifier: 'DEAEOF00012351', role: 'exporter', at },
  },
} as const;

const batch = [questions.recognised.value, questions.typeNotCovered.value];

const member = {
  type: 'AEOF',
  validFrom: '2019-04-01',
  validTo: null,
  validatedOn: '2019-03-15',
  issuingCountry: 'DE',
  issuingOffice: 'DE004600',
  names: [{ name: 'Muster Logistik GmbH (demo)', kind: 'legal', language: 'de' }],
  addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
  identifiers: [{ scheme: 'eori', value: 'DE123456789012345' }],
  roles: ['exporter', 'importer'],
  consent: { given: true, partners: null, from: '2019-04-01' },
};

const CSV = [
  'number,type,validFrom,issuingCountry,name,street,city,postalCode,country,identifiers,roles,consent',
  'DEAEOF00012399,AEOF,2026-11-02,DE,Neumuster Handel GmbH (demo),Hafenstraße 2,Hamburg,20457,DE,eori:DE999000000000099,exporter;importer,true',
  'DEAEOX00012399,AEOX,2026-11-01,DE,Irrläufer GmbH (demo),Hafenstraße 3,Hamburg,20457,DE,,exporter,true',
];

/** Requests of the OpenAPI document. Sent in this order to a service with the demonstration members, each gets its example answer. */
export const examples = {
  questions,
  batches: { two: { summary: 'Two questions', value: { questions: batch } } },
  questionLines: { two: { summary: 'Two questions, one a line', value: lines(batch) } },
  memberships: { asRecorded: { summary: 'A combined authorisation, as recorded: changes nothing', value: member } },
  localSuspensions: {
    open: { summary: 'Until further notice', value: { from: '2024-09-01', note: 'An irregularity is clarified.' } },
    ended: { summary: 'For six months', value: { from: '2023-01-01', to: '2023-07-01' } },
  },
  events: {
    suspended: {
      summary: 'The security component suspended',
      value: { type: 'suspended', component: 'AEOS', effectiveFrom: '2024-06-03' },
    },
    reinstated: { summary: 'Reinstated', value: { type: 'reinstated', effectiveFrom: '2024-06-24' } },
    consentWithdrawn: {
      summary: 'Consent withdrawn for one partner',
      value: { type: 'consent_withdrawn', partners: ['JP'], effectiveFrom: '2024-07-01' },
    },
  },
  csvLists: { two: { summary: 'Two members, the second of no known type', value: `${CSV.join('\n')}\n` } },
  ndjsonLists: { one: { summary: 'One member', value: lines([{ number: 'DEAEOF00012345', ...member }]) } },
} as const;

/** The answers of an operation to its example requests, kept true by tests/api/examples.test.ts. */
export function answerExamples(operation: keyof typeof answers): Examples {
  return answers[operation];
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
