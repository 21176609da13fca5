import { ALWAYS } from '@mra/recognition';
import { describe, expect, test } from 'vitest';
import { readFacts } from './facts-text.ts';

const part = '\x1d';
const line = '\x1e';
const unit = '\x1f';
const DAY = String(Date.parse('2019-04-01T00:00:00Z'));

/** As recognition_facts writes them; each part can be replaced. */
function aText(changes: Record<number, string> = {}): string {
  const parts = [
    'eu-aeo',
    'DEAEOF1',
    '',
    'DE',
    '[{"name": "Muster", "kind": "legal"}]',
    '[{"city": "Hamburg"}]',
    ['exporter', 'importer'].join(unit),
    ['AEOF', 'AEOS', 'active', DAY, ''].join(unit),
    ['none', '', '', '', DAY].join(unit) + line + ['all', 'JP US', 'CN', DAY, ''].join(unit),
    ['number', '', 'DE AEOF1', 'DEAEOF1', '', '', ''].join(unit),
    '',
    '',
  ];
  return parts.map((text, index) => changes[index] ?? text).join(part);
}

describe('the facts of a membership', () => {
  test('are read part by part', () => {
    const from = '2019-04-01T00:00:00.000Z';
    expect(readFacts(aText())).toEqual({
      programme: 'eu-aeo',
      number: 'DEAEOF1',
      source: null,
      issuingCountry: 'DE',
      names: [{ name: 'Muster', kind: 'legal' }],
      addresses: [{ city: 'Hamburg' }],
      roles: ['exporter', 'importer'],
      statuses: [{ type: 'AEOF', component: 'AEOS', status: 'active', valid: { from, to: null } }],
      consents: [
        { scope: 'none', partners: [], except: [], valid: { from: null, to: from } },
        { scope: 'all', partners: ['JP', 'US'], except: ['CN'], valid: { from, to: null } },
      ],
      identifiers: [
        { origin: 'number', scheme: null, value: 'DE AEOF1', normalised: 'DEAEOF1', recogniser: null, valid: ALWAYS },
      ],
      localSuspensions: [],
      synchronisation: null,
    });
  });

  test('of a copy say when it was heard to be current, and whether something newer could not be read', () => {
    const { source, synchronisation } = readFacts(aText({ 2: 'JP', 11: [DAY, '60', 't'].join(unit) }));
    expect(source).toBe('JP');
    expect(synchronisation).toEqual({
      lastSynchronisedAt: '2019-04-01T00:00:00.000Z',
      maxAgeSeconds: 60,
      isInDoubt: true,
    });
    expect(readFacts(aText({ 2: 'JP' })).synchronisation).toBeNull();
  });

  test.each([
    ['a part too many', { 1: `DE${part}AEOF1` }],
    ['a unit too many', { 9: ['number', '', `DE${unit}AEOF1`, 'DEAEOF1', '', '', ''].join(unit) }],
    ['a unit too few', { 7: ['AEOF', 'AEOS', 'active', DAY].join(unit) }],
    ['a line within a value', { 9: ['number', '', `DE${line}AEOF1`, 'DEAEOF1', '', '', ''].join(unit) }],
  ])('with %s are an error, never other facts', (_, changes) => {
    expect(() => readFacts(aText(changes))).toThrow(/^(facts of|a fact of) \d+/);
  });
});
