import { decide, normaliseIdentifier, parseInstant, type Question, type Role } from '@mra/recognition';
import { describe, expect, test } from 'vitest';
import { factsOf, members, text } from '../support/demo-members.ts';
import { referenceNetwork } from '../support/reference-network.ts';

const NOW = '2026-11-22T09:00:00Z';

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
      identifiers.some((fact) => fact.normalised === normaliseIdentifier(identifier)),
    );
    expect(named.length).toBeGreaterThan(0);
    const decision = decide(question, { network: referenceNetwork, memberships: named });
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
