import { ALWAYS, type Instant, type MembershipFacts, type Period } from '@mra/recognition';

/** The control characters of db/migrations/0060 between parts, lines and units. */
const PART = '\x1d';
const LINE = '\x1e';
const UNIT = '\x1f';

const PARTS = 12;

/**
 * The facts of a membership from the text in which `recognition_facts` gives them (db/migrations/0060).
 * @throws Error when a part or a unit is missing or too many, as a control character in a value would make it: no facts are better
 *   than others
 */
export function readFacts(text: string): MembershipFacts {
  const parts = text.split(PART);
  if (parts.length !== PARTS) throw new Error(`facts of ${parts.length} parts`);
  const [programme, number, source, issuingCountry, names, addresses, roles] = parts as Parts;
  const [, , , , , , , statuses, consents, identifiers, suspensions, synchronisation] = parts as Parts;
  return {
    programme,
    number,
    source: source || null,
    issuingCountry: issuingCountry || null,
    names: JSON.parse(names) as MembershipFacts['names'],
    addresses: JSON.parse(addresses) as MembershipFacts['addresses'],
    roles: (roles === '' ? [] : roles.split(UNIT)) as MembershipFacts['roles'],
    statuses: lines(statuses, 5, ([type, component, status, from, to]) => ({
      type,
      component,
      status: status as MembershipFacts['statuses'][number]['status'],
      valid: period(from, to),
    })),
    consents: lines(consents, 5, ([scope, partners, except, from, to]) => ({
      scope: scope as MembershipFacts['consents'][number]['scope'],
      partners: words(partners),
      except: words(except),
      valid: period(from, to),
    })),
    identifiers: lines(identifiers, 7, ([origin, scheme, value, normalised, recogniser, from, to]) => ({
      origin: origin as MembershipFacts['identifiers'][number]['origin'],
      scheme: scheme || null,
      value,
      normalised,
      recogniser: recogniser || null,
      valid: period(from, to),
    })),
    localSuspensions: lines(suspensions, 3, ([recogniser, from, to]) => ({ recogniser, valid: period(from, to) })),
    synchronisation:
      lines(synchronisation, 3, ([heard, maxAgeSeconds, isInDoubt]) => ({
        lastSynchronisedAt: instant(heard),
        maxAgeSeconds: Number(maxAgeSeconds),
        ...(isInDoubt === 't' && { isInDoubt: true }),
      }))[0] ?? null,
  };
}

type Parts = [string, string, string, string, string, string, string, string, string, string, string, string];
type Units = [string, string, string, string, string, string, string];

function lines<Fact>(part: string, units: number, read: (units: Units) => Fact): Fact[] {
  if (part === '') return [];
  const facts: Fact[] = [];
  for (const line of part.split(LINE)) {
    const found = line.split(UNIT);
    if (found.length !== units) throw new Error(`a fact of ${found.length} units`);
    facts.push(read(found as Units));
  }
  return facts;
}

function words(text: string): readonly string[] {
  return text === '' ? NONE : text.split(' ');
}
const NONE: readonly string[] = [];

function period(from: string, to: string): Period {
  return from === '' && to === '' ? ALWAYS : { from: instant(from), to: instant(to) };
}

/** Facts begin and end on few days, and each conversion costs half of a fact. */
const instants = new Map<string, Instant>();
const MOST_KEPT = 20_000;

function instant(milliseconds: string): Instant | null {
  if (milliseconds === '') return null;
  const known = instants.get(milliseconds);
  if (known !== undefined) return known;
  const made = new Date(Number(milliseconds)).toISOString();
  if (instants.size >= MOST_KEPT) instants.clear();
  // Not the key that was read: it is a slice, which would keep the whole text of its member in memory.
  instants.set(String(Number(milliseconds)), made);
  return made;
}
