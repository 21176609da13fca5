import {
  type AgreementTerms,
  ALWAYS,
  decide,
  indexNetwork,
  type Network,
  parseInstant,
  type Question,
  type Role,
} from '@mra/recognition';
import { describe, expect, test } from 'vitest';
import {
  administrations,
  agreements,
  factsOf,
  members,
  normalise,
  presentations,
  programmes,
  schemes,
  text,
} from '../support/demo-members.ts';

const NOW = '2026-11-22T09:00:00Z';

/** The network of the reference data, as if it had always been known (reference README: reviewed on 2026-01-01). */
const network: Network = indexNetwork({
  version: 1,
  unionMembers: [...administrations.values()].flatMap(({ code, members: states }) =>
    states.map(({ code: member, from, to }) => ({
      union: code,
      member,
      valid: { from: `${from}T00:00:00.000Z`, to: to === null ? null : `${to}T00:00:00.000Z` },
    })),
  ),
  programmes: [...programmes.values()].map((programme) => ({ ...programme, valid: ALWAYS })),
  agreements: agreements.map(
    ({ status, rules, ...agreement }): AgreementTerms => ({
      ...agreement,
      lifeCycle: status,
      reviewedOn: '2026-01-01',
      rules: rules.map((rule) => ({ ...rule, pilotMembers: null })),
      valid: ALWAYS,
    }),
  ),
  presentations: presentations.map(({ transform, ...presentation }) => ({ ...presentation, ...transform })),
  schemes,
});
const facts = members.map(factsOf);

/** The rows of the table under "Try these": cells without their code marks, a dash for nothing. */
function tableRows(): readonly Record<string, string>[] {
  const lines = text('demo/README.md').split('\n## Try these\n')[1]?.split('\n') ?? [];
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim());
  const [head = '', , ...rows] = lines.filter((line) => line.startsWith('|'));
  const columns = cells(head);
  return rows.map((row) =>
    Object.fromEntries(cells(row).map((cell, index) => [columns[index] ?? '', cell === '–' ? '' : cell])),
  );
}

describe('the questions of db/seeds/demo/README.md', () => {
  const rows = tableRows();

  test('are a dozen or more, with every reason that members kept here can give', () => {
    expect(rows.length).toBeGreaterThanOrEqual(12);
    expect([...new Set(rows.map(({ reason }) => reason))].toSorted()).toEqual([
      'AGREEMENT_NOT_IN_FORCE',
      'AGREEMENT_START_UNCERTAIN',
      'AMBIGUOUS_IDENTIFIER',
      'FLOW_NOT_COVERED',
      'LOCALLY_SUSPENDED',
      'NOT_ACTIVE',
      'NO_AGREEMENT',
      'RECOGNISED',
      'ROLE_NOT_COVERED',
      'TYPE_NOT_COVERED',
      'UNKNOWN_TRADER',
    ]);
  });

  test.each(rows)('$recogniser, $identifier as $role: $outcome, $reason', (row) => {
    const { recogniser = '', identifier = '', role, flow, at } = row;
    const instant = parseInstant(at || NOW) ?? '';
    const question: Question = {
      recogniser,
      identifier,
      at: instant,
      knownAt: parseInstant(NOW) ?? '',
      ...(role ? { role: role as Role } : {}),
      ...(flow === 'import' || flow === 'export' ? { flow } : {}),
    };
    const named = facts.filter(({ identifiers }) =>
      identifiers.some((fact) => fact.normalised === normalise(identifier)),
    );
    expect(named.length).toBeGreaterThan(0);
    const decision = decide(question, { network, memberships: named });
    const met = decision.rules.filter((rule) => rule.met === true).map((rule) => rule.agreement);
    expect({
      outcome: decision.outcome,
      reason: decision.reason,
      'agreements met': [...new Set(met)].join(', '),
      declare: decision.declare?.identifier ?? '',
      'valid until': decision.validUntil?.slice(0, 10) ?? '',
    }).toEqual({
      outcome: row.outcome,
      reason: row.reason,
      'agreements met': row['agreements met'],
      declare: row.declare,
      'valid until': row['valid until'],
    });
  });
});
