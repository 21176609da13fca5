import { CSV_COLUMNS } from '@mra/contracts';

/** Of the operation, in CommonMark. */
export const DESCRIPTION = `Loads a list of members of one programme. With \`registry:write\` the list of the caller's own administration, where this
deployment is authoritative for it; with \`operations\` the list of any other administration in its name: its members are then copies
(\`source\`), and the list makes them fresh, unless this deployment is authoritative for them too.

A line that is wrong is rejected by itself, with its number, a pointer and a code, and stops no other. Of two lines with one
authorisation number the second is rejected. A body that cannot be read as a list at all (CSV that is not UTF-8, wrong header, a quote left
open) is 400. All lines become known at one instant, together or not at all; those that say nothing new change nothing. The status of a
member is not changed by its line: who was suspended or revoked stays so. While a long list is being applied nothing else can be
written: other writes wait for up to 20 seconds, then they are answered 503 with \`Retry-After\`, and nothing of them was written.

\`mode=delta\`: members that are not in the list stay as they are.

\`mode=full\`: the list is the whole of the programme, and live members (active or suspended) missing from it are ended:
* of copies, the communication ends: nobody said that they were revoked, so they are unknown from then on, as without consent;
  a later list that names them brings them back from that moment;
* of the own administration, the validity of the record ends at this instant (status \`expired\`, no other reason is claimed);
  a later list that names them restores it as it says.

A member whose line was rejected counts as listed, if the number could be read. A copy of it is in doubt from then on, since its
administration has said something newer that was not understood: answers about it are \`indeterminate\` (\`DATA_STALE\`) until a line of
a later list is accepted, a differential one of a single line for example. So it is where two lines say different things of one number. A differential list with a line whose
number could not be read makes no copy fresh, since the line may be about any of them. A full list that would end more than 10 % of the live
members, or of which no line could be accepted, is refused with 409 and the number, and nothing of it is applied, unless
\`allowRemovals\` is at least that number.

Codes of rejections: \`VALIDATION_FAILED\`, \`MALFORMED_JSON\`, \`COLUMN_COUNT\`, \`LINE_TOO_LONG\`, \`NUMBER_INVALID\`, \`TYPE_UNKNOWN\`,
\`ISSUING_COUNTRY\`, \`SCHEME_UNKNOWN\`, \`IDENTIFIER_INVALID\`, \`IDENTIFIER_OVERLAP\`, \`DUPLICATE_NUMBER\`, \`NOT_AUTHORITATIVE\`,
\`TRANSITION_NOT_ALLOWED\`.`;

/** Of the CSV form of the body. */
export const CSV =
  `CSV (RFC 4180) in UTF-8 with comma and a header line; columns in any order, of ${CSV_COLUMNS.join(', ')}. \`identifiers\` as ` +
  '`scheme:value` and `roles` are separated by `;`. `name` may be empty: not known. `consent`: `true`, `false`, or partners separated ' +
  'by `;`; empty: nothing recorded.';
