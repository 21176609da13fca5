import type {
  AgreementTerms,
  AuthorisationType,
  MembershipFacts,
  Network,
  Question,
  RecognitionRule,
} from '../types.ts';

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
