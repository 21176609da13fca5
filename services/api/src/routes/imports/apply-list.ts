import { type ImportResult, problem, REJECTIONS_MAX } from '@mra/contracts';
import type { Network } from '@mra/recognition';
import { applyImport, type Recording } from '@mra/registry';
import { findProgramme } from '../memberships/find-programme.ts';
import { withMore } from './rejections.ts';
import type { StagedList } from './stage-list.ts';
import type { ListToWrite } from './write-list.ts';

/**
 * Applies a staged list and tells what came of it.
 * @throws REMOVALS_NOT_ALLOWED, with the number of members that a full list would end; the recording is then given up
 */
export async function applyList(
  recording: Recording,
  network: Network,
  list: ListToWrite,
  onProgress: (done: number) => Promise<void>,
): Promise<ImportResult> {
  const { query, upload, staged, administration, source, maxAgeSeconds } = list;
  const { programme, mode, allowRemovals = null } = query;
  const { received, accepted, withoutNumber } = staged;
  const termsAt = (at: string) => findProgramme(network, programme, at);
  const order = {
    upload,
    programme,
    administration,
    termsAt,
    source,
    mode,
    received,
    accepted,
    withoutNumber,
    allowRemovals,
    onProgress,
    told: REJECTIONS_MAX,
    maxAgeSeconds,
  };
  const applied = await applyImport(recording, network, order);
  if (applied.outcome === 'removals_not_allowed') throw removalsNotAllowed(staged, applied);
  const { created, updated, unchanged, ended, refused } = applied;
  const { count, first } = withMore(staged.rejections, {
    count: refused.count,
    first: refused.first.map((line) => ({ ...line, pointer: '' })),
  });
  return {
    importId: upload.id,
    programme,
    mode,
    received,
    created,
    updated,
    unchanged,
    ended,
    rejected: count,
    rejections: [...first],
    rejectionsOmitted: count - first.length,
  };
}

function removalsNotAllowed(
  { received, accepted, rejections }: StagedList,
  { live, missing }: { live: number; missing: number },
) {
  const list =
    accepted > 0 ? 'The list' : received === 0 ? 'The list is empty, and' : 'No line of the list could be accepted; it';
  return problem('REMOVALS_NOT_ALLOWED', {
    detail: `${list} lacks ${missing} of ${live} members. Nothing was changed; allowRemovals=${missing} would let them go.`,
    // The lines are told only here, since none of them was applied.
    ...(accepted === 0 && {
      errors: rejections.first.map(({ line, pointer, detail }) => ({ pointer: `/${line}${pointer}`, detail })),
    }),
  });
}
