import { describe, expect, test } from 'vitest';
import type { PartyName } from '../membership-types.ts';
import { matchName, REVIEW_FROM } from './name-match.ts';

const legal = (...names: string[]): PartyName[] => names.map((name) => ({ name, kind: 'legal' }));
const result = (asked: string, name: string): string | undefined => matchName(asked, legal(name))?.result;

describe('matchName', () => {
  test('none where no name is registered', () => {
    expect(matchName('Muster Logistik GmbH', [])).toBeNull();
  });

  test('exact: as written, but for spaces around it and the composition of characters', () => {
    const expected = { result: 'exact', score: 1, comparedWith: 'Müller GmbH' };
    expect(matchName('Müller GmbH', legal('Müller GmbH'))).toEqual(expected);
    expect(matchName(' Mu\u0308ller GmbH ', legal('Müller GmbH'))).toEqual(expected);
  });

  test.each([
    ['Harbour Freight Limited', 'HARBOUR FREIGHT LTD.'],
    ['Harbour Freight Co., Ltd.', 'Harbour Freight Company Limited'],
    ['Harbour Freight', 'Harbour Freight Ltd'],
    ['Harbour Freight Ltd', 'Harbour Freight Co Ltd'],
    ['Muster Logistik GmbH', 'Muster Logistik G.m.b.H.'],
    ['Muster GmbH & Co. KG', 'MUSTER GMBH UND CO KG'.replace('UND', '&')],
    ['Acero S.A. de C.V.', 'ACERO SA DE CV'],
    ['Acme Pty Ltd', 'ACME PTY. LIMITED'],
    ['Tulip B.V.', 'Tulip BV'],
    ['Nordlys A/S', 'Nordlys AS'],
    ['Verdi S.p.A.', 'Verdi SpA'],
    ['Kelapa Sdn. Bhd.', 'KELAPA SDN BHD'],
    ['Alpen AG', 'Alpen Aktiengesellschaft'],
    ['Sakura K.K.', 'Sakura Kabushiki Kaisha'],
    ['株式会社サクラ', 'サクラ株式会社'],
    ['ｻｸﾗ㈱', 'サクラ株式会社'],
    ['PT Maju Jaya', 'Maju Jaya'],
    ['ООО «Север»', 'Север'],
    ['Żabka Sp. z o.o.', 'ZABKA SP. Z O. O.'],
    ['A.B.C. Trading Inc', 'ABC Trading, Incorporated'],
    ['Smith & Sons', 'Smith and Sons'],
    ["L'Orient SARL", 'L’ORIENT SARL'],
  ])('%s and %s are alike when normalised', (asked, name) => {
    expect(matchName(asked, legal(name))).toEqual({ result: 'normalised', score: 1, comparedWith: name });
    expect(result(name, asked)).toBe('normalised');
  });

  test.each([
    ['Ozrock Pty Ltd', 'Ozrok Pty Ltd'],
    ['Muster Logistic GmbH', 'Muster Logistik GmbH'],
    ['Data Link Services', 'Datalink Services'],
    ['Acme Inc.', 'Acme GmbH'],
    ['Acme Corp', 'Acme Inc'],
    ['AS Roma', 'Roma'],
  ])('%s and %s are for a person to look at', (asked, name) => {
    const match = matchName(asked, legal(name));
    expect(match?.result).toBe('review');
    expect(match?.score).toBeGreaterThanOrEqual(REVIEW_FROM);
    expect(match?.score).toBeLessThan(1);
  });

  test.each([
    ['Acme Trading Ltd', 'Acme Shipping Ltd'],
    ['Muster Logistik GmbH', 'Beispiel Handel GmbH'],
    ['Ltd', 'Limited Edition Prints'],
    ['ガス', 'カス'],
    ['', 'Muster Logistik GmbH'],
    ['...', '!!!'],
  ])('%j and %j are different', (asked, name) => {
    const match = matchName(asked, legal(name));
    expect(match?.result).toBe('different');
    expect(match?.score).toBeLessThan(REVIEW_FROM);
  });

  test('the best of several names is reported, of equals the first', () => {
    const names = legal('Beispiel Handel GmbH', 'Muster Logistic GmbH', 'MUSTER LOGISTIK', 'Muster-Logistik GmbH');
    expect(matchName('Muster Logistik GmbH', names)).toEqual({
      result: 'normalised',
      score: 1,
      comparedWith: 'MUSTER LOGISTIK',
    });
  });
});
