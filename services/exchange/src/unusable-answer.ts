import type { PartnerResponse } from '@mra/exchange';

/** A partner has answered with something else than what was asked for. Its message holds nothing of the answer but the status. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
  readonly status: number;
  /** The header `Retry-After` as it came. */
  readonly retryAfter: string | undefined;

  constructor(what: string, { status, headers }: Pick<PartnerResponse, 'status' | 'headers'>) {
    super(`${what}: answered ${status}`);
    this.status = status;
    this.retryAfter = headers.get('retry-after') ?? undefined;
  }
}
