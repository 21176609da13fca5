// Each line: the form as it is compared, then other ways of writing it. Written as names are compared: capitals without diacritics and
// punctuation, initials joined, "&" as AND.
const FORMS: readonly (readonly string[])[] = [
  ['LTD', 'LIMITED', 'LTEE', 'LIMITEE'],
  ['CO', 'COMPANY', 'AND CO', 'AND COMPANY', 'CIA', 'COMPANHIA', 'COMPANIA', 'ET CIE', 'CIE'],
  ['INC', 'INCORPORATED'],
  ['CORP', 'CORPORATION'],
  ['PLC', 'PUBLIC LIMITED COMPANY'],
  ['LLC', 'LIMITED LIABILITY COMPANY'],
  ['LLP', 'LIMITED LIABILITY PARTNERSHIP'],
  ['PTY', 'PROPRIETARY'],
  ['PTE'],
  ['PVT', 'PRIVATE'],
  ['BHD', 'BERHAD'],
  ['SDN BHD', 'SENDIRIAN BERHAD'],
  ['TBK'],
  ['PT', 'PERSEROAN TERBATAS'],
  ['GMBH', 'GESELLSCHAFT MIT BESCHRANKTER HAFTUNG', 'MBH'],
  ['AG', 'AKTIENGESELLSCHAFT'],
  ['KG', 'KOMMANDITGESELLSCHAFT'],
  ['GMBH CO KG', 'GMBH AND CO KG'],
  ['OHG'],
  ['EK'],
  ['SE'],
  ['SA', 'SOCIETE ANONYME', 'SOCIEDAD ANONIMA', 'SOCIEDADE ANONIMA'],
  ['SARL', 'SOCIETE A RESPONSABILITE LIMITEE'],
  ['SAS'],
  ['SAU'],
  ['SA DE CV'],
  ['S DE RL'],
  ['S DE RL DE CV'],
  ['SRL', 'SOCIETA A RESPONSABILITA LIMITATA', 'SOCIEDAD DE RESPONSABILIDAD LIMITADA'],
  ['SPA', 'SOCIETA PER AZIONI'],
  ['SL', 'SOCIEDAD LIMITADA'],
  ['LTDA', 'LIMITADA'],
  ['LDA'],
  ['EIRELI'],
  ['BV', 'BESLOTEN VENNOOTSCHAP'],
  ['NV', 'NAAMLOZE VENNOOTSCHAP'],
  ['AB', 'AKTIEBOLAG'],
  ['AS', 'AKSJESELSKAP', 'AKTIESELSKAB', 'ANONIM SIRKETI'],
  ['ASA'],
  ['APS'],
  ['OY', 'OSAKEYHTIO'],
  ['OYJ'],
  ['OU'],
  ['SRO'],
  ['SP ZOO', 'SP Z OO'],
  ['DOO'],
  ['KFT'],
  ['KK', 'KABUSHIKI KAISHA', '株式会社', '株'],
  ['GK', '合同会社'],
  ['YK', '有限会社'],
  ['有限公司'],
  ['股份有限公司'],
  ['有限责任公司'],
  ['주식회사', '주'],
  ['유한회사'],
  ['OOO', 'ООО'],
  ['OAO', 'ОАО'],
  ['ZAO', 'ЗАО'],
  ['PAO', 'ПАО'],
  ['AO', 'АО'],
  ['JSC', 'JOINT STOCK COMPANY'],
  ['WLL'],
  ['FZE'],
  ['FZCO'],
];

const CANONICAL: ReadonlyMap<string, string> = new Map(
  FORMS.flatMap(([canonical = '', ...others]) => [canonical, ...others].map((form) => [form, canonical] as const)),
);

// Forms that stand before the name. The others do not count there: "AS" or "SA" may begin a name.
const LEADING: ReadonlySet<string> = new Set([
  'PT',
  'KK',
  'GK',
  'YK',
  'OOO',
  'OAO',
  'ZAO',
  'PAO',
  'AO',
  'JSC',
  '주식회사',
  '유한회사',
]);

// Written without a space between form and name.
const UNSPACED = /株式会社|合同会社|有限会社|股份有限公司|有限责任公司|有限公司|주식회사|유한회사/gu;

const LONGEST = 6;

/** A name split into what tells a company apart and its legal forms in canonical spelling. */
export interface SplitName {
  readonly core: string;
  readonly forms: ReadonlySet<string>;
}

/** Puts spaces around the legal forms that are written without any, so that they can be split off as words. */
export function spaceOut(text: string): string {
  return text.replace(UNSPACED, ' $& ');
}

/** Splits the legal forms off both ends of a name given in words. The last word that is left always stays: a name is never empty. */
export function splitLegalForms(words: readonly string[]): SplitName {
  const rest = [...words];
  const forms = new Set<string>();
  const takeFrom = (end: 'start' | 'end'): boolean => {
    for (let length = Math.min(LONGEST, rest.length - 1); length > 0; length -= 1) {
      const form = CANONICAL.get((end === 'end' ? rest.slice(-length) : rest.slice(0, length)).join(' '));
      if (form === undefined || (end === 'start' && !LEADING.has(form))) continue;
      rest.splice(end === 'end' ? -length : 0, length);
      forms.add(form);
      return true;
    }
    return false;
  };
  while (takeFrom('end'));
  while (takeFrom('start'));
  return { core: rest.join(' '), forms };
}
