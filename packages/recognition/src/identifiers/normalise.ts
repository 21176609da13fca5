/** Characters an identifier may have at most, before it is matched with anything (api.md: an identifier has at most 64). */
export const MAX_IDENTIFIER_LENGTH = 64;

// What a reader does not see or reads as spacing: white space, every dash (U+2212 MINUS SIGN among them, though not a hyphen by class),
// zero-width, directional and other format characters. U+2043 HYPHEN BULLET and U+02D7 MODIFIER LETTER MINUS SIGN lack the property Dash.
const IGNORED = /[\p{White_Space}\p{Dash}\p{Default_Ignorable_Code_Point}\p{Cf}\u2043\u02d7]/gu;
/** Has neither diacritics nor letters that only look Latin. */
export const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Printable ASCII without a space, a hyphen or a small letter: most identifiers are written like this. */
const NORMAL_ASCII = /^[!-,.-`{-~]*$/;

const PLAUSIBLE = /^[\p{L}\p{M}\p{Nd}/.&+_:()#*]+$/u;
/** Enough for most identifiers; the other expressions take ten times as long. */
const PLAIN = /^[0-9A-Z]{1,64}$/;
/** A character that no identifier has. */
export const IMPLAUSIBLE_CHARACTER = /[^\p{L}\p{M}\p{Nd}/.&+_:()#*]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}]/u;

/**
 * The form in which identifiers are stored and compared: NFKC, upper case (the same in every locale), without white space, hyphens,
 * dashes and invisible characters (reference README: "upper case, no spaces or hyphens"). A slash stays: `GBAEOF00001/10`.
 * Idempotent; never throws; may give an empty text, which {@link isPlausibleIdentifier} refuses.
 */
export function normaliseIdentifier(text: string): string {
  if (NORMAL_ASCII.test(text)) return text;
  if (PRINTABLE_ASCII.test(text)) return text.toUpperCase().replace(/[ -]/g, '');
  // Twice: upper case can decompose (ŉ), and a removed character can bring a letter and its accent together.
  return fold(fold(text));
}

/**
 * Whether a normalised text can be an identifier at all: 1 to 64 characters, one of them a letter or a digit; letters and digits of any
 * script and `/ . & + _ : ( ) # *` (`Ñ` and `&` occur in Mexican RFCs). False is IDENTIFIER_INVALID (api.md section 2).
 */
export function isPlausibleIdentifier(normalised: string): boolean {
  if (PLAIN.test(normalised)) return true;
  if (normalised.length > 2 * MAX_IDENTIFIER_LENGTH) return false;
  return (
    PLAUSIBLE.test(normalised) && LETTER_OR_DIGIT.test(normalised) && [...normalised].length <= MAX_IDENTIFIER_LENGTH
  );
}

function fold(text: string): string {
  return text.normalize('NFKC').toUpperCase().replace(IGNORED, '').normalize('NFKC');
}
