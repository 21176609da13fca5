import type { MembershipRecord } from '@mra/registry';
import fc from 'fast-check';
import type { AgreementChange } from '../../support/agreement-changes.ts';
import { anEventOf, aRecord, BOUNDS, CONSENT } from '../../support/arbitrary-members.ts';
import type { Action } from '../../support/registry-actions.ts';
import type { Crash } from './crash.ts';
import { CODES, type Code } from './node.ts';
import type { Fault } from './way.ts';

/** What may happen: `at` is the node that does it, or that sends. */
export type Happening =
  | { readonly kind: 'record'; readonly at: Code; readonly action: Action }
  | { readonly kind: 'agreement'; readonly change: AgreementChange }
  | { readonly kind: 'time passes'; readonly at: Code }
  | { readonly kind: 'send'; readonly at: Code; readonly fault: Fault; readonly most: number }
  | { readonly kind: 'replay'; readonly at: Code; readonly which: number; readonly altered: boolean }
  /** Undelivered events are gone at the sender. */
  | { readonly kind: 'lose outbox'; readonly at: Code }
  /** The partner of the node asks for it. */
  | { readonly kind: 'snapshot'; readonly at: Code }
  | { readonly kind: 'compare'; readonly at: Code }
  | { readonly kind: 'clock'; readonly at: Code; readonly ahead: number }
  /** Somebody changes copies of the node. */
  | { readonly kind: 'by hand'; readonly at: Code; readonly statement: string };

/** A node dies while it happens, at the latest right afterwards. */
export type Step = Happening & { readonly crash: (Crash & { readonly of: Code }) | null };

export const NUMBERS: Readonly<Record<Code, readonly string[]>> = {
  EU: ['DEAEOF00012345', 'FRAEOS0000777', 'DEAEOC00000009'],
  JP: ['89900000000000001', '89900000000000002'],
};
export const AGREEMENT = 'eu-jp-2010';
const PROGRAMMES: Readonly<Record<Code, string>> = { EU: 'eu-aeo', JP: 'jp-aeo' };
const USUAL_TYPES: Readonly<Record<Code, string>> = { EU: 'AEOF', JP: 'EXPORTER' };

/** Of the clocks of the processes, in seconds. */
const AHEAD = [0, 45, -45, 90, -90, 3600, -3600] as const;

const aNumber = fc.constantFrom(...CODES.flatMap((code) => NUMBERS[code].map((number) => ({ code, number }))));

/** A member that is recognised, until something happens to it. */
function usualMember(code: Code, number: string, holder = number): Happening {
  const record: MembershipRecord = {
    ...{ type: USUAL_TYPES[code], validFrom: BOUNDS[0] ?? '', validTo: null, validatedOn: null, consent: CONSENT },
    ...{ issuingCountry: null, issuingOffice: null, addresses: [], roles: [] },
    identifiers: [identifierOf(holder)],
    names: [{ name: 'Invented Trader', kind: 'legal' }],
  };
  return recordingOf(code, { kind: 'membership', record, source: null, programme: PROGRAMMES[code], number });
}

const identifierOf = (number: string) => ({
  ...{ scheme: 'eori', value: `DE${number.slice(-5)}`, validFrom: null, validTo: null },
});

const recordingOf = (at: Code, action: Action): Happening => ({ kind: 'record', at, action });

/** Its identifier may be that of another. */
const aUsualMember = aNumber.chain(({ code, number }) =>
  fc.constantFrom(number, ...NUMBERS[code]).map((holder) => usualMember(code, number, holder)),
);

/** One of these members has another record, with its own identifier or that of another, which puts it aside at the receiver. */
const aRecording: fc.Arbitrary<Happening> = aNumber.chain(({ code, number }) => {
  const named = { programme: PROGRAMMES[code], number };
  const record = fc
    .tuple(aRecord(named.programme), fc.constantFrom(number, number, ...NUMBERS[code]))
    .map(([one, holder]): Action => {
      const record = { ...one, identifiers: [identifierOf(holder)] };
      return { kind: 'membership', record, source: null, ...named };
    });
  const event = anEventOf(named.programme).map((one): Action => ({ kind: 'event', event: one, ...named }));
  return fc
    .oneof({ weight: 2, arbitrary: record }, { weight: 4, arbitrary: event })
    .map((one) => recordingOf(code, one));
});

const at = fc.constantFrom(...CODES);
const kind = <K extends Happening['kind']>(name: K) => fc.constant(name);
const COPIES = '(select id from membership where source is not null)';

const aHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 7, arbitrary: aRecording },
  { weight: 4, arbitrary: aUsualMember },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('agreement'),
      change: fc.record({
        agreement: fc.constant(AGREEMENT),
        from: fc.constant(null),
        lifeCycle: fc.constantFrom('in_force' as const, 'in_force' as const, 'suspended' as const),
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('time passes'), at }) },
  {
    weight: 9,
    arbitrary: fc.record({
      ...{ kind: kind('send'), at },
      fault: fc.constantFrom<Fault>('none', 'none', 'lost', 'answer lost', 'first lost', 'reversed', 'twice'),
      most: fc.constantFrom(1, 2, 100),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('replay'), at, which: fc.nat(50), altered: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('clock'), at, ahead: fc.constantFrom(...AHEAD) }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ kind: fc.constantFrom('lose outbox', 'snapshot', 'compare'), at })
      .map((one) => one as Happening),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: kind('by hand'), at },
      statement: fc.constantFrom(
        `update membership_status set status = 'suspended' where upper_inf(known) and status = 'active' and membership_id in ${COPIES}`,
        `delete from copy`,
        `update copy set record = jsonb_set(record, '{type}', '"AEOC"') where record is not null`,
        `update membership_record set names = '[]' where upper_inf(known) and membership_id in ${COPIES}`,
      ),
    }),
  },
);

const aCrash = fc.record({
  of: at,
  statements: fc.oneof(fc.nat(8), fc.nat(25)),
  when: fc.constantFrom('before' as const, 'during' as const, 'after' as const),
});

const aStep: fc.Arbitrary<Step> = fc
  .tuple(aHappening, fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: aCrash }))
  .map(([happening, crash]) => ({ ...happening, crash }));

export interface Story {
  /** How the events of each are delivered. */
  readonly by: Readonly<Record<Code, 'poll' | 'push'>>;
  readonly steps: readonly Step[];
}

const aMethod = fc.constantFrom('poll' as const, 'push' as const);

/** Some are members from the beginning. */
export const aStory: fc.Arbitrary<Story> = fc
  .record({
    by: fc.record({ EU: aMethod, JP: aMethod }),
    first: fc.uniqueArray(
      aNumber.map(({ code, number }) => usualMember(code, number)),
      { maxLength: 4 },
    ),
    steps: fc.array(aStep, { minLength: 5, maxLength: 25 }),
  })
  .map(({ by, first, steps }) => ({ by, steps: [...first.map((one) => ({ ...one, crash: null })), ...steps] }));
