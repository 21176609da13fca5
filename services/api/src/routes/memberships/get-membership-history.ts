import { MembershipEventParams, MembershipHistory, problem } from '@mra/contracts';
import { type HttpApp, json, problems } from '@mra/http';
import { dayOrInstant, type StatusPeriod, shortInstant } from '@mra/recognition';
import {
  type MembershipHistory as History,
  type MembershipView,
  readAs,
  readMembership,
  readMembershipHistory,
} from '@mra/registry';
import type { Dependencies } from '../../dependencies.ts';
import { answerExamples } from '../../examples.ts';
import { readerOf } from '../../reader.ts';
import { instantOf } from '../../record-mapping.ts';
import { toldFields } from './to-membership.ts';

export function getMembershipHistory(app: HttpApp, dependencies: Dependencies): void {
  app.get(
    '/v1/programmes/:programme/memberships/:number/history',
    {
      config: { access: { scopes: ['registry:read'] } },
      schema: {
        operationId: 'getMembershipHistory',
        summary: 'Every version and event of a membership',
        description:
          "Nothing is ever overwritten: each version says when it became known and when the next took its place. Of partners' members " +
          'earlier versions, consents, notes and authors are not told, nor what the agreement does not name.',
        tags: ['memberships'],
        params: MembershipEventParams,
        response: {
          200: json(MembershipHistory, 'Versions and events, oldest first.', {
            examples: answerExamples('getMembershipHistory'),
          }),
          ...problems('NOT_FOUND'),
        },
      },
    },
    async ({ params, caller }) => {
      return readAs(dependencies.db, await readerOf(dependencies, caller), async (tx, now) => {
        const view = await readMembership(tx, { ...params, at: now, knownAt: now });
        if (view === undefined) throw problem('NOT_FOUND');
        const history = toHistory(view, await readMembershipHistory(tx, view.id, now));
        return view.told === null ? history : forPartner(history, view);
      });
    },
  );
}

/**
 * Notes (the reasons of suspensions among them), consents and authors stay with the administration that wrote them, and so do earlier
 * versions of the record: a partner may not have been told of them. Nor are events before the present status of a component, where the
 * agreement does not name the periods in which the status changed.
 */
function forPartner(history: MembershipHistory, { told, components }: MembershipView): MembershipHistory {
  const isTold = (event: Event) =>
    told?.includes('STATUS_PERIODS') || components.length === 0 || isOfNow(event, components);
  const events = history.events.filter(
    (event) => event.type !== 'consent_given' && event.type !== 'consent_withdrawn' && isTold(event),
  );
  return {
    ...history,
    versions: history.versions.slice(-1).map((version) => ({ ...version, recordedBy: null })),
    events: events.map((event, index) => ({ ...event, note: null, recordedBy: null, sequence: index + 1 })),
  };
}

type Event = MembershipHistory['events'][number];

/**
 * Whether an event says no more than what its components are now, and since when. Of a beginning or a change of type that is so as soon as
 * one of them dates from it; of what happened to all only if it is so for each. Of a void one nothing is left but the annulment.
 */
function isOfNow({ type, component, effectiveFrom }: Event, components: MembershipView['components']): boolean {
  const concerned = components.filter((one) => (component ?? one.component) === one.component);
  if (type === 'annulled') return concerned.some(({ status }) => status === 'annulled');
  const left = concerned.filter(({ status }) => status !== 'annulled');
  const isSince = ({ valid: { from } }: StatusPeriod) => from === null || instantOf(effectiveFrom) >= from;
  return type === 'granted' || type === 'type_changed' ? left.some(isSince) : left.length > 0 && left.every(isSince);
}

/** The creation is the first event, `granted`; the others follow in the order in which they were recorded. */
function toHistory({ programme, number, told }: MembershipView, { versions, events }: History): MembershipHistory {
  const created = versions[0];
  const granted: MembershipHistory['events'] = created
    ? [
        {
          type: 'granted',
          effectiveFrom: dayOrInstant(created.record.validFrom),
          recordedAt: shortInstant(created.recordedAt),
          recordedBy: created.recordedBy,
          sequence: 1,
        },
      ]
    : [];
  return {
    programme,
    number,
    versions: versions.map((version) => ({
      programme,
      number,
      ...toldFields(version.record, told),
      version: version.version,
      recordedAt: shortInstant(version.recordedAt),
      supersededAt: version.recordedUntil && shortInstant(version.recordedUntil),
      recordedBy: version.recordedBy,
    })),
    events: [
      ...granted,
      ...events.map((event, index) => ({
        type: event.type,
        component: event.component,
        newType: event.newType,
        partners: event.partners && [...event.partners],
        effectiveFrom: dayOrInstant(event.effectiveFrom),
        note: event.note,
        recordedAt: shortInstant(event.recordedAt),
        recordedBy: event.recordedBy,
        sequence: index + 2,
      })),
    ],
  };
}
