/**
 * Codes that are used for an administration in other systems, and what it is called here. ISO 3166-1 reserves UK for the United Kingdom,
 * whose code is GB, as an exception. Greece is EL in texts and VAT numbers of the EU (Interinstitutional Style Guide, 7.1.1). XI, of
 * the codes that users may assign, is Northern Ireland in EORI and VAT numbers: an administration of the United Kingdom, where goods
 * are under EU law (Windsor Framework, Article 5).
 */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['UK', 'the United Kingdom is GB'],
  ['EL', 'Greece is GR'],
  ['XI', 'Northern Ireland is GB, or EU where EU customs law applies to the goods'],
]);

/** What is told of a code that is well-formed and of no administration that is known. */
export function unknownAdministration(code: string): string {
  return `is not a known administration${MEANT.has(code) ? `: ${MEANT.get(code)}` : ' (GET /v1/administrations)'}`;
}
