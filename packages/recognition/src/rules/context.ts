import type { MembershipFacts } from '../membership-types.ts';
import type { AgreementTerms, AuthorisationType, Network, RecognitionRule } from '../network-types.ts';
import type { Question } from '../question.ts';

/** What every condition of one rule looks at: one question, one membership, one directed rule of one agreement. */
export interface RuleContext {
  readonly question: Question;
  readonly network: Network;
  readonly membership: MembershipFacts;
  readonly issuer: string;
  readonly agreement: AgreementTerms;
  readonly rule: RecognitionRule;
  readonly type: AuthorisationType | null;
}
