import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STREAM_STATUSES, type StreamStatus } from './events.ts';
import {
  changeStatus,
  keepsEvents,
  mayDeliver,
  NEW_STREAM,
  type Party,
  type StreamState,
  statusOf,
  verificationWait,
} from './stream-state.ts';
import { NOW } from './test-support.ts';

type Move = readonly [Party, StreamStatus];

function after(...moves: Move[]) {
  let state: StreamState = NEW_STREAM;
  let last = null;
  for (const [by, to] of moves) {
    last = changeStatus(state, to, { by, reason: null, seq: 10 });
    if (!last.ok) throw new Error(last.detail);
    state = last.state;
  }
  if (last === null) throw new Error('no move');
  return last;
}

const move = fc.tuple(fc.constantFrom<Party>('transmitter', 'receiver'), fc.constantFrom(...STREAM_STATUSES));

test('a new stream is enabled', () => expect(statusOf(NEW_STREAM)).toBe('enabled'));

test('an enabled stream transmits every event (SSF 8.1.2.1: MUST)', () => {
  expect(mayDeliver(NEW_STREAM, 1)).toBe(true);
});

test('a paused stream transmits nothing and keeps every event (SSF 8.1.2.1: MUST NOT; here nothing is dropped)', () => {
  const { state, drop } = after(['receiver', 'paused']);
  expect([mayDeliver(state, 1), keepsEvents(state), drop]).toEqual([false, true, false]);
  const again = changeStatus(state, 'enabled', { by: 'receiver', reason: null, seq: 11 });
  expect(again).toMatchObject({ ok: true, snapshotNeeded: false, drop: false });
});

test('a disabled stream transmits nothing and keeps nothing; to go on needs a snapshot (SSF 8.1.2.1: MUST NOT)', () => {
  const { state, drop } = after(['receiver', 'disabled']);
  expect([mayDeliver(state, 1), keepsEvents(state), drop]).toEqual([false, false, true]);
  for (const to of ['enabled', 'paused'] as const) {
    expect(changeStatus(state, to, { by: 'receiver', reason: null, seq: 11 })).toMatchObject({ snapshotNeeded: true });
  }
});

test.each(['paused', 'disabled'] as const)('a transmitter tells before it stops: %s (SSF 8.1.5: MUST)', (to) => {
  const { state, announce } = after(['transmitter', to]);
  expect(announce).toBe(true);
  expect([9, 10, 11].map((seq) => mayDeliver(state, seq))).toEqual([true, true, false]);
});

test('a transmitter tells when it enables again (SSF 8.1.5: MUST)', () => {
  expect(after(['transmitter', 'paused'], ['transmitter', 'enabled'])).toMatchObject({
    announce: true,
    status: 'enabled',
  });
  expect(after(['transmitter', 'disabled'], ['transmitter', 'enabled'])).toMatchObject({ announce: true });
});

test('what a receiver asks for is not announced: it has the answer', () => {
  expect(after(['receiver', 'paused']).announce).toBe(false);
});

test('a receiver that stops a stream being stopped gets nothing more', () => {
  expect(mayDeliver(after(['transmitter', 'paused'], ['receiver', 'paused']).state, 1)).toBe(false);
});

test('neither side can undo what the other stopped', () => {
  expect(
    changeStatus(after(['transmitter', 'paused']).state, 'enabled', { by: 'receiver', reason: null, seq: 1 }),
  ).toEqual({
    ok: false,
    detail: 'The transmitter has paused this stream.',
  });
  expect(after(['receiver', 'paused'], ['transmitter', 'paused'], ['transmitter', 'enabled'])).toMatchObject({
    status: 'paused',
    announce: false,
  });
});

test('each side can always stop, and the other cannot make it run', () => {
  fc.assert(
    fc.property(fc.array(move), fc.constantFrom<Party>('transmitter', 'receiver'), (moves, by) => {
      let state = NEW_STREAM;
      const apply = ([party, to]: Move) => {
        const result = changeStatus(state, to, { by: party, reason: null, seq: 1 });
        if (result.ok) state = result.state;
      };
      for (const one of moves) apply(one);
      apply([by, 'disabled']);
      for (const [, to] of moves) apply([by === 'receiver' ? 'transmitter' : 'receiver', to]);
      expect(statusOf(state)).toBe('disabled');
    }),
  );
});

test('asking for what holds changes nothing, says nothing and drops nothing', () => {
  fc.assert(
    fc.property(fc.array(move), fc.constantFrom<Party>('transmitter', 'receiver'), (moves, by) => {
      let state = NEW_STREAM;
      for (const [party, to] of moves) {
        const result = changeStatus(state, to, { by: party, reason: null, seq: 1 });
        if (result.ok) state = result.state;
      }
      const again = changeStatus(state, state.wanted[by], { by, reason: null, seq: 1 });
      if (!again.ok) return;
      expect(again).toMatchObject({ changed: false, announce: false, drop: false, snapshotNeeded: false });
      expect(again.state.wanted).toEqual(state.wanted);
    }),
  );
});

test('the reason is that of the last change', () => {
  const paused = changeStatus(NEW_STREAM, 'paused', { by: 'receiver', reason: 'maintenance', seq: 1 });
  expect(paused.ok && paused.state.reason).toBe('maintenance');
  const { state } = after(['receiver', 'paused'], ['receiver', 'enabled']);
  expect(state.reason).toBeNull();
});

test('verifications may be asked for once an interval (SSF 8.1.1)', () => {
  expect(verificationWait(null, NOW, 60)).toBe(0);
  expect(verificationWait('2026-11-22T08:59:30.000Z', NOW, 60)).toBe(30);
  expect(verificationWait('2026-11-22T08:59:00.000Z', NOW, 60)).toBe(0);
  expect(verificationWait('2026-11-22T09:05:00.000Z', NOW, 60)).toBe(60);
});
