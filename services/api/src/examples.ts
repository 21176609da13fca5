import answers from './examples-answers.json' with { type: 'json' };

/** A question whose answer does not change as time goes by, about a demonstration member. */
const at = '2026-11-22T09:00:00Z';

const questions = {
  recognised: { summary: 'A combined authorisation of the EU, in Japan', value: { recogniser: 'JP', identifier: 'DEAEOF00012345', role: 'exporter', at } },
  typeNotCovered: { summary: 'Customs simplifications only', value: { recogniser: 'JP', identifier: 'DEAEOC00012346', role: 'exporter', at } },
  declared: { summary: 'With the code to declare', value: { recogniser: 'EU', identifier: 'CTPAT-IMP-90001', role: 'exporter', at } },
  ambiguous: { summary: 'A code that two members share', value: { recogniser: 'JP', identifier: 'A9001219MY00', at } },
} as const;

/** Examples of the OpenAPI document. The answers are those of the demonstration data, kept true by tests/documents. */
export const examples = {
  questions,
  answers: answers as Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>,
  batches: { two: { summary: 'Two questions', value: { questions: [questions.recognised.value, questions.typeNotCovered.value] } } },
  memberships: {
    combined: {
      summary: 'A combined authorisation',
      value: {
        type: 'AEOF', validFrom: '2019-04-01', validTo: null, validatedOn: '2019-03-15', issuingCountry: 'DE', issuingOffice: 'DE004600',
        names: [{ name: 'Muster Logistik GmbH', kind: 'legal', language: 'de' }],
        addresses: [{ kind: 'registered', street: 'Hafenstraße 1', city: 'Hamburg', postalCode: '20457', country: 'DE' }],
        identifiers: [{ scheme: 'eori', value: 'DE123456789012345' }],
        roles: ['exporter', 'importer'],
        consent: { given: true, partners: null, from: '2019-04-01' },
      },
    },
  },
  events: {
    suspended: { summary: 'The security component suspended', value: { type: 'suspended', component: 'AEOS', effectiveFrom: '2026-11-20' } },
    reinstated: { summary: 'Reinstated from now on', value: { type: 'reinstated' } },
    partner: { summary: 'Consent withdrawn for one partner', value: { type: 'consent_withdrawn', partners: ['JP'] } },
  },
} as const;
