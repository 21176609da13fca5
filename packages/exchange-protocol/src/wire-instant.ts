import { Instant as ContractInstant } from '@mra/contracts';
import { type Instant as CoreInstant, parseInstant } from '@mra/recognition';

/** An RFC 3339 instant with any offset, read in the one form in which instants compare as text. */
export const Instant = ContractInstant.transform((text): CoreInstant => parseInstant(text) as CoreInstant);
