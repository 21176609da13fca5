import { readJsonObject } from './json-object.ts';
import { isAboutTheEvent, ReceivedSetError } from './set-errors.ts';

/** What the answer to a push means for the event. */
export type PushOutcome =
  /** Acknowledged: never sent again. */
  | { readonly kind: 'delivered' }
  /** This event is bad and stays so: keep it with the error for operations, go on with the next. */
  | { readonly kind: 'refused'; readonly error: ReceivedSetError }
  /** Nothing is wrong with this event alone: keep the order, wait, send again. */
  | { readonly kind: 'retry'; readonly error: ReceivedSetError | null; readonly detail: string };

export interface PushResponse {
  readonly status: number;
  /** The body, or as much of it as was read; only that of a 400 matters. */
  readonly body: string;
}

/**
 * Judges the answer to a push (RFC 8935 sections 2.2 to 2.4). Only 202 acknowledges: a 200 may come from a proxy's page. A 400 must say why
 * in JSON; one that does not is taken for garbage and tried again.
 */
export function judgePushResponse({ status, body }: PushResponse): PushOutcome {
  if (status === 202) return { kind: 'delivered' };
  if (status !== 400) return { kind: 'retry', error: null, detail: `answered ${status}` };
  const read = ReceivedSetError.safeParse(readJsonObject(body));
  if (!read.success) return { kind: 'retry', error: null, detail: 'answered 400 without an error of RFC 8935' };
  const error = read.data;
  if (isAboutTheEvent(error)) return { kind: 'refused', error };
  return { kind: 'retry', error, detail: `answered 400 ${error.err}` };
}
