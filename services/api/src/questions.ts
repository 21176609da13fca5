import { type QuestionReading, readQuestion, type Vocabulary } from '@mra/contracts';
import type { Instant, Network, OpenQuestion } from '@mra/recognition';
import { mapInTurns, type NetworkCache } from '@mra/registry';

export interface QuestionReader {
  /** Each item as a question, or with every bad field. */
  read(items: readonly unknown[]): Promise<readonly QuestionReading[]>;
  /** One item as a question, at once; null where it is not one for all that is known here. */
  readKnown(item: unknown): OpenQuestion | null;
}

/**
 * Reads questions. Administrations and schemes never disappear, so what an earlier network knows is known; what it does not know is
 * looked up in the present one before it is refused.
 */
export function createQuestionReader(networks: NetworkCache, now: () => Instant): QuestionReader {
  const vocabularyOf = (network: Network | null): Vocabulary => ({
    isAdministration: (code) => network?.administrations.has(code) ?? false,
    isScheme: (scheme) => network?.schemes.has(scheme) ?? false,
    now,
  });
  let latest: Network | null = null;
  return {
    readKnown(item) {
      const reading = latest === null ? null : readQuestion(item, vocabularyOf(latest));
      return reading?.ok ? reading.question : null;
    },
    async read(items) {
      latest ??= await networks.current();
      const before = latest;
      const vocabulary = vocabularyOf(before);
      const readings = await mapInTurns(items, (item) => readQuestion(item, vocabulary));
      if (readings.every(({ ok }) => ok)) return readings;
      const present = await networks.current();
      latest = present;
      if (present === before) return readings;
      const newer = vocabularyOf(present);
      return mapInTurns(readings, (reading, index) => (reading.ok ? reading : readQuestion(items[index], newer)));
    },
  };
}
