import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NEW_SEQUENCE, receive, replay, resumeAfter, type SequenceState } from './sequence.ts';

test('events in order are applied as they come', () => {
  expect(receive(NEW_SEQUENCE, 1)).toEqual({ kind: 'apply', seqs: [1], state: { lastApplied: 1, waiting: [] } });
});

test('beyond a gap nothing is applied; what is missing is asked for', () => {
  const step = receive({ lastApplied: 3, waiting: [6] }, 5);
  expect(step).toEqual({ kind: 'gap', askFrom: 4, kept: true, state: { lastApplied: 3, waiting: [5, 6] } });
});

test('the event that fills a gap brings those that waited behind it', () => {
  const step = receive({ lastApplied: 3, waiting: [5, 6, 8] }, 4);
  expect(step).toEqual({ kind: 'apply', seqs: [4, 5, 6], state: { lastApplied: 6, waiting: [8] } });
});

test.each([1, 3, 6])('event %i, applied or kept before, is a duplicate', (seq) => {
  const state = { lastApplied: 3, waiting: [6] };
  expect(receive(state, seq)).toEqual({ kind: 'duplicate', state });
});

test('no more wait than there is room for; the others are not acknowledged', () => {
  const state = { lastApplied: 0, waiting: [3, 4] };
  expect(receive(state, 5, { waitingMax: 2 })).toEqual({ kind: 'gap', askFrom: 1, kept: false, state });
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('%d is no seq', (seq) => {
  expect(() => receive(NEW_SEQUENCE, seq)).toThrow(RangeError);
});

test('whatever is lost, repeated and reordered, after redelivery all are applied once, in order', () => {
  const room = fc.nat({ max: 5 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 25 }),
      fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 80 }),
      room,
      (last, wire, waitingMax) => {
        let state: SequenceState = NEW_SEQUENCE;
        const applied: number[] = [];
        const acknowledged = new Set<number>();
        const deliver = (seq: number) => {
          const step = receive(state, seq, { waitingMax });
          if (step.kind === 'apply') applied.push(...step.seqs);
          if (step.kind !== 'gap' || step.kept) acknowledged.add(seq);
          state = step.state;
          expect(applied).toEqual(Array.from({ length: state.lastApplied }, (_, index) => index + 1));
        };
        // The wire as it happened: any of the events, any number of times, in any order.
        for (const seq of wire) if (seq <= last) deliver(seq);
        // Redelivery, for as long as the sender has not been told of every event.
        for (let round = 0; acknowledged.size < last || state.lastApplied < last; round += 1) {
          expect(round).toBeLessThanOrEqual(last);
          for (let seq = 1; seq <= last; seq += 1) if (!acknowledged.has(seq)) deliver(seq);
        }
        expect(state).toEqual({ lastApplied: last, waiting: [] });
      },
    ),
    { numRuns: 300 },
  );
});

test('behind a snapshot what it contains waits no longer, and what follows it is applied', () => {
  const state = { lastApplied: 2, waiting: [4, 6, 7, 9] };
  expect(resumeAfter(state, 5)).toEqual({ apply: [6, 7], state: { lastApplied: 7, waiting: [9] } });
});

test('an older snapshot changes nothing', () => {
  const state = { lastApplied: 8, waiting: [10] };
  expect(resumeAfter(state, 5)).toEqual({ apply: [], state });
});

test('a snapshot and the events after it come to the same, whichever is first', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 }), fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), (seq, events) => {
      const through = (state: SequenceState) => events.reduce((now, event) => receive(now, event).state, state);
      const snapshotFirst = through(resumeAfter(NEW_SEQUENCE, seq).state);
      expect(resumeAfter(through(NEW_SEQUENCE), seq).state).toEqual(snapshotFirst);
    }),
  );
});

test('what is kept is sent again; what is gone needs a snapshot', () => {
  const kept = { oldest: 5, newest: 9 };
  expect(replay(5, kept)).toEqual({ ok: true, from: 5, to: 9 });
  expect(replay(10, kept)).toEqual({ ok: true, from: 10, to: 9 });
  expect(replay(4, kept)).toEqual({ ok: false, oldestKept: 5 });
  expect(replay(1, null)).toMatchObject({ ok: false });
});

test('a receiver ahead of its sender, which lost events, needs a snapshot too', () => {
  expect(replay(12, { oldest: 5, newest: 9 })).toMatchObject({ ok: false });
});

test('while a snapshot is being applied the next event waits, as one behind a gap does', () => {
  const step = receive({ lastApplied: 4, waiting: [] }, 5, { isHeld: true });
  expect(step).toEqual({ kind: 'gap', askFrom: 5, kept: true, state: { lastApplied: 4, waiting: [5] } });
  expect(receive(step.state, 5, { isHeld: true }).kind).toBe('duplicate');
  expect(receive(step.state, 4, { isHeld: true }).kind).toBe('duplicate');
  expect(resumeAfter(step.state, 4)).toEqual({ apply: [5], state: { lastApplied: 5, waiting: [] } });
});
