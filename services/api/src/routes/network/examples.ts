import type { Examples } from '@mra/http';
import answers from './examples.json' with { type: 'json' };

type Operation = keyof typeof answers;

/** An answer of the reference data, kept true by tests/api/network/examples.test.ts. */
export function answerExample(operation: Operation): Examples {
  const { url, value } = answers[operation];
  return { [operation]: { summary: url, value } };
}

/** The body that, sent as it is, changes nothing. */
export function bodyExample(operation: 'getAdministration' | 'getProgramme' | 'getAgreement'): Examples {
  const added = ['id', 'code', 'version', 'recordedAt', 'validFrom', 'validTo'];
  const fields = Object.entries(answers[operation].value).filter(([field]) => !added.includes(field));
  return { asRecorded: { summary: 'As recorded: changes nothing', value: Object.fromEntries(fields) } };
}
