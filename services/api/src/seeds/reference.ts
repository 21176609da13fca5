import {
  AdministrationBody,
  AgreementBody,
  completeAdministration,
  completeAgreement,
  completeProgramme,
  fromReferenceAdministration,
  fromReferenceAgreement,
  fromReferenceMutualAssistance,
  fromReferenceProgramme,
  fromReferenceWorkPlan,
  type MutualAssistance,
  ProgrammeBody,
  type ReferenceAdministration,
  type ReferenceAgreement,
  type ReferenceMutualAssistance,
  type ReferenceProgramme,
  type ReferenceWorkPlan,
} from '@mra/contracts';
import {
  type AgreementDocument,
  type Database,
  type ProgrammeDocument,
  putAdministrations,
  putAgreements,
  putProgrammes,
  putReference,
  type Recording,
  type ReferenceDocuments,
  record,
} from '@mra/registry';
import { sql } from 'kysely';
import { markLoaded, readSeeds, type SeedFile, unloaded } from './files.ts';

/** Who records reference data; terms that somebody else recorded later are left as they are. */
export const SEED_CLIENT = 'seed:reference';

/** The day on which these data were last reviewed (db/seeds/reference/README.md). */
const REVIEWED_ON = '2026-01-01';

/**
 * Loads the reference data that this database has not loaded in their present form, as one change, once whatever starts together.
 * @returns names of the files loaded now
 */
export async function loadReference(db: Database): Promise<readonly string[]> {
  const files = await readSeeds('reference');
  if ((await unloaded(db, files)).length === 0) return [];
  return record(db, { client: SEED_CLIENT, administration: null }, async (recording) => {
    const pending = await unloaded(recording.tx, files);
    if (pending.length === 0) return [];
    await loadInto(recording, files, new Set(pending.map(({ name }) => name)));
    await markLoaded(recording, pending);
    return pending.map(({ name }) => name);
  });
}

async function loadInto(recording: Recording, files: readonly SeedFile[], pending: ReadonlySet<string>): Promise<void> {
  const rows = <T>(...names: readonly string[]): readonly T[] =>
    names
      .filter((name) => pending.has(`reference/${name}.json`))
      .flatMap((name) => (files.find((file) => file.name === `reference/${name}.json`)?.rows ?? []) as T[]);
  const others = await recordedByOthers(recording);
  const ours = <T extends { readonly id: string }>(put: T): boolean => !others.has(put.id);

  const mutualAssistance = (files.find(({ name }) => name === 'reference/mutual-assistance.json')?.rows ??
    []) as ReferenceMutualAssistance[];
  const context = { reviewedOn: REVIEWED_ON, mutualAssistance };
  const administrations = rows<ReferenceAdministration>('administrations')
    .map(fromReferenceAdministration)
    .filter(ours);
  const programmes = rows<ReferenceProgramme>('programmes').map(fromReferenceProgramme).filter(ours);
  const agreements = [
    ...rows<ReferenceAgreement>('agreements').map((row) => fromReferenceAgreement(row, context)),
    ...rows<ReferenceWorkPlan>('work-plans').map((row) => fromReferenceWorkPlan(row, context)),
  ].filter(ours);

  await putReference(recording, {
    presentations: rows<ReferencePresentation>('presentations').map(({ transform, ...row }) => ({
      ...row,
      words: transform.words,
      template: transform.template,
    })),
    schemes: rows<ReferenceDocuments['schemes'][number]>('identifier-schemes'),
    benefits: rows<ReferenceDocuments['benefits'][number]>('benefits'),
    mutualAssistance: pending.has('reference/mutual-assistance.json')
      ? mutualAssistance.map((row): MutualAssistance => fromReferenceMutualAssistance(row))
      : [],
  });
  const administrationDocuments = administrations.map(({ id, body }) => ({
    code: id,
    ...completeAdministration(AdministrationBody.parse(body)),
  }));
  const programmeDocuments = programmes.map(
    ({ id, body }) => ({ id, ...completeProgramme(ProgrammeBody.parse(body)) }) as ProgrammeDocument,
  );
  const agreementDocuments = agreements.map(
    ({ id, body }) => ({ id, ...completeAgreement(AgreementBody.parse(body), REVIEWED_ON) }) as AgreementDocument,
  );
  if (administrationDocuments.length > 0) await putAdministrations(recording, administrationDocuments, null);
  if (programmeDocuments.length > 0) await putProgrammes(recording, programmeDocuments, null);
  if (agreementDocuments.length > 0) await putAgreements(recording, agreementDocuments, null);
}

type ReferencePresentation = Omit<ReferenceDocuments['presentations'][number], 'words' | 'template'> & {
  readonly transform: Pick<ReferenceDocuments['presentations'][number], 'words' | 'template'>;
};

/** Ids of terms that an administration has recorded since: a newer release of the reference data does not undo them. */
async function recordedByOthers({ tx }: Recording): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select code as id from administration where upper_inf(known) and recorded_by <> ${SEED_CLIENT}
    union select id from programme where upper_inf(known) and recorded_by <> ${SEED_CLIENT}
    union select id from agreement where upper_inf(known) and recorded_by <> ${SEED_CLIENT}`.execute(tx);
  return new Set(rows.map(({ id }) => id));
}
