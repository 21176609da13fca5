import { beforeAll, describe, expect, test } from 'vitest';
import { as, createTestApi, type TestApi } from '../../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aMember, membersOf } from '../../support/members.ts';

let database: TestDatabase;
let api: TestApi;
let members: ReturnType<typeof membersOf>;
beforeAll(async () => {
  database = await createTestDatabase({ demo: true });
  api = await createTestApi(database);
  members = membersOf(api);
});

const AT = '2026-11-22T09:00:00Z';
/** An authorisation whose holder did not consent, and one of the same form that nobody has. */
const HIDDEN = 'DEAEOF00012352';
const NOBODY = 'DEAEOF00099352';

describe('200', () => {
  test('a trader who did not consent gets the answer of one who does not exist, to the byte', async () => {
    const knownAt = (await members.ask({ identifier: NOBODY })).json().decidedAt;
    for (const extra of [
      {},
      { role: 'exporter', issuer: 'EU', name: 'Weserbeispiel Textilhandel GmbH (demo)', at: AT },
      { knownAt, at: AT },
    ]) {
      for (const administration of [null, 'JP', 'DE', 'US']) {
        const bodies = await Promise.all(
          [HIDDEN, NOBODY].map(async (identifier) => {
            const response = await members.ask({ identifier, ...extra }, { administration });
            expect(response.statusCode).toBe(200);
            return response.body.replaceAll(identifier, '#').replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"instant"');
          }),
        );
        expect(bodies[0]).toBe(bodies[1]);
        expect(bodies[0]).toContain('"reason":"UNKNOWN_TRADER"');
        expect(bodies[0]).toContain(
          '"membership":null,"rules":[],"benefits":[],"declare":null,"declareNote":null,"nameMatch":null,"validUntil":null,"dataAge":null',
        );
      }
    }
  });

  test('the same by the identifier of a trader who did not consent', async () => {
    const answer = (await members.ask({ identifier: 'DE999000000000008', scheme: 'eori' })).json();
    expect(answer).toMatchObject({ outcome: 'not_recognised', reason: 'UNKNOWN_TRADER', membership: null });
  });

  test('only a caller acting for the issuer is told that consent is missing', async () => {
    const told = (await members.ask({ identifier: HIDDEN, at: AT }, { administration: 'EU' })).json();
    expect(told).toMatchObject({
      outcome: 'not_recognised',
      reason: 'NO_CONSENT',
      membership: { authorisationNumber: HIDDEN },
    });
    expect(told.rules[0].conditions).toContainEqual(expect.objectContaining({ code: 'CONSENT_GIVEN', met: false }));
  });

  test('the name is compared and reported, and never a reason', async () => {
    const ask = async (name: string) => (await members.ask({ identifier: 'DEAEOF00012345', at: AT, name })).json();
    expect((await ask('Muster Logistik GmbH (demo)')).nameMatch).toMatchObject({ result: 'exact', score: 1 });
    const different = await ask('Completely Different Ltd');
    expect(different).toMatchObject({
      outcome: 'recognised',
      nameMatch: { result: 'different', comparedWith: 'Muster Logistik GmbH (demo)' },
    });
    expect(different.question.name).toBe('Completely Different Ltd');
  });

  test('what to declare is told where it is known', async () => {
    const answer = (await members.ask({ recogniser: 'EU', identifier: 'CTPAT-IMP-90001', at: AT })).json();
    expect(answer.outcome).toBe('recognised');
    expect(answer.declare).toMatchObject({
      strategy: expect.any(String),
      identifier: expect.any(String),
      where: expect.any(String),
    });
  });

  test('an identifier is repeated as written and matched in its normalised form', async () => {
    const answer = (await members.ask({ identifier: ' deaeof-0001 2345', at: AT })).json();
    expect(answer.outcome).toBe('recognised');
    expect(answer.question.identifier).toBe(' deaeof-0001 2345');
    expect(answer.identifier.normalised).toBe('DEAEOF00012345');
    expect(answer.identifier.schemes[0]).toMatchObject({ scheme: 'eu-aeo-number', checkDigit: 'not_checked' });
  });

  test.each([
    ['ca-bn', '123456783', { scheme: 'ca-bn', checkDigit: 'invalid' }],
    ['ca-bn', '123456782', { scheme: 'ca-bn', checkDigit: 'valid' }],
    ['eu-aeo-number', 'GBAEOF00001/10', { scheme: 'eu-aeo-number', checkDigit: 'not_checked' }],
  ])('the scheme that the caller states is the first that the identifier may be of: %s of %s', async (...example) => {
    const [scheme, identifier, expected] = example;
    const { schemes } = (await members.ask({ identifier, scheme, at: AT })).json().identifier;
    expect(schemes[0]).toMatchObject(expected);
    expect(schemes.filter((one: { scheme: string }) => one.scheme === scheme)).toHaveLength(1);
    expect(schemes.length).toBeGreaterThan(1);
    const unstated = (await members.ask({ identifier, at: AT })).json().identifier.schemes;
    expect(unstated[0].scheme).not.toBe(scheme);
  });

  test('a stated scheme that the identifier is nothing like is none that it may be of', async () => {
    const { schemes } = (await members.ask({ identifier: 'DEAEOF00012345', scheme: 'lei', at: AT })).json().identifier;
    expect(schemes[0].scheme).toBe('eu-aeo-number');
    expect(schemes.map(({ scheme }: { scheme: string }) => scheme)).not.toContain('lei');
  });

  test('what is no identifier at all', async () => {
    expect((await members.ask({ identifier: '!?' })).json()).toMatchObject({
      outcome: 'not_recognised',
      reason: 'IDENTIFIER_INVALID',
    });
    expect((await members.ask({ identifier: ' - ' })).json()).toMatchObject({
      outcome: 'not_recognised',
      reason: 'IDENTIFIER_INVALID',
    });
  });

  test('asked again with the knownAt that was answered, the answer is the same whatever was recorded since', async () => {
    const number = 'DEAEOF00077001';
    expect((await members.put(number)).statusCode).toBe(201);
    const first = (await members.ask({ identifier: number, role: 'exporter' })).json();
    expect(first.outcome).toBe('recognised');
    const { at, knownAt } = first.question;
    expect(at).toBe(knownAt);
    expect((await members.event(number, { type: 'revoked', effectiveFrom: '2020-01-01' })).statusCode).toBe(201);
    await members.put(number, aMember({ type: 'AEOC', consent: null, names: [{ name: 'Other', kind: 'legal' }] }));
    expect((await members.ask({ identifier: number, role: 'exporter' })).json().outcome).toBe('not_recognised');
    const again = (await members.ask({ identifier: number, role: 'exporter', at, knownAt })).json();
    expect({ ...again, decidedAt: '' }).toEqual({ ...first, decidedAt: '' });
  });

  test('before anything was known nobody is', async () => {
    const answer = (
      await members.ask({ identifier: 'DEAEOF00012345', at: AT, knownAt: '2020-01-01T00:00:00Z' })
    ).json();
    expect(answer).toMatchObject({ reason: 'UNKNOWN_TRADER', networkVersion: 0 });
  });

  test('a write that has been answered is known at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const number = `DEAEOF0007800${round}`;
      await members.put(number);
      expect((await members.ask({ identifier: number })).json().outcome).toBe('recognised');
      await members.event(number, { type: 'suspended' });
      expect((await members.ask({ identifier: number })).json().reason).toBe('NOT_ACTIVE');
    }
  });
});

describe('400', () => {
  test.each([
    ['a misspelt at', { identifier: 'A1', att: AT }, ['/att']],
    ['an unknown field of another case', { identifier: 'A1', At: AT }, ['/At']],
    ['a null', { identifier: 'A1', role: null }, ['/role']],
    ['an unknown administration', { recogniser: 'QQ', identifier: 'A1' }, ['/recogniser']],
    ['a knownAt in the future', { identifier: 'A1', knownAt: '2999-01-01T00:00:00Z' }, ['/knownAt']],
    ['an instant that does not exist', { identifier: 'A1', at: '2026-02-30T00:00:00Z' }, ['/at']],
    [
      'what its schema and what the network refuses, at once',
      { recogniser: 'XX', identifier: 'X1', role: 'boss', issuer: 'YY', scheme: 'nope' },
      ['/role', '/recogniser', '/issuer', '/scheme'],
    ],
    ['a number as identifier', { identifier: 12 }, ['/identifier']],
    ['a lone surrogate', { identifier: 'A\ud800' }, ['/identifier']],
  ])('%s', async (_, question, expected) => {
    const response = await members.ask(question);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'VALIDATION_FAILED', detail: expect.any(String) });
    expect(response.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected);
  });

  test('malformed JSON, with its position', async () => {
    const headers = { ...(await as(['recognition:read'])), 'content-type': 'application/json' };
    const response = await api.app.inject({
      method: 'POST',
      url: '/v1/recognition',
      headers,
      payload: '{"recogniser": JP}',
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'MALFORMED_JSON', detail: expect.stringContaining('position 15') });
  });
});
