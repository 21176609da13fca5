import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { getAdministration } from './get-administration.ts';
import { getAgreement } from './get-agreement.ts';
import { getAgreementHistory } from './get-agreement-history.ts';
import { getNetwork } from './get-network.ts';
import { getProgramme } from './get-programme.ts';
import { listAdministrations } from './list-administrations.ts';
import { listAgreements } from './list-agreements.ts';
import { listBenefits } from './list-benefits.ts';
import { listIdentifierSchemes } from './list-identifier-schemes.ts';
import { listMutualAssistance } from './list-mutual-assistance.ts';
import { listPresentations } from './list-presentations.ts';
import { listProgrammes } from './list-programmes.ts';
import { putAdministration } from './put-administration.ts';
import { putAgreement } from './put-agreement.ts';
import { putProgramme } from './put-programme.ts';

/** The network is read with any valid token and written with the scope `network:write` (api.md section 1). */
export function networkRoutes(app: HttpApp, dependencies: Dependencies): void {
  getNetwork(app, dependencies);
  listAgreements(app, dependencies);
  getAgreement(app, dependencies);
  getAgreementHistory(app, dependencies);
  listProgrammes(app, dependencies);
  getProgramme(app, dependencies);
  listAdministrations(app, dependencies);
  getAdministration(app, dependencies);
  listMutualAssistance(app, dependencies);
  listPresentations(app, dependencies);
  listBenefits(app, dependencies);
  listIdentifierSchemes(app, dependencies);

  putAgreement(app, dependencies);
  putProgramme(app, dependencies);
  putAdministration(app, dependencies);
}
